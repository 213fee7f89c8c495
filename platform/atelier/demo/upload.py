"""A file in signed parts, straight from this machine to the object store: the API signs the addresses and never sees the bytes."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

from atelier.demo import wire

AT_ONCE = 20

Links = Callable[[list[int]], Iterable[dict[str, Any]]]


def sha256(path: Path) -> str:
    """Hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def send(store: httpx.Client, path: Path, part_count: int, links: Links) -> None:
    """`store`: a client without anybody's token. `links` asks the API for the addresses of some parts; each says its length."""
    with path.open("rb") as file:
        for numbers in _batches(part_count):
            for link in links(numbers):
                wire.send(store, "PUT", link["url"], content=file.read(link["bytes"]))


def _batches(part_count: int) -> Iterator[list[int]]:
    """Some parts at a time: a link lives a quarter of an hour, and a large file takes longer."""
    for first in range(1, part_count + 1, AT_ONCE):
        yield list(range(first, min(first + AT_ONCE, part_count + 1)))


def fetch(store: httpx.Client, url: str, path: Path) -> str:
    """Downloads to `path`. Returns the sha256 (hex) of what was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wire.send(store, "GET", url).content)
    return sha256(path)
