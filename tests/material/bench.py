"""An upload by signed parts beside boto3 on its own: python -m tests.material.bench --json FILE [--quick], on an object store of its own.

Both send the same file in parts of the same size, one after the other. Ours asks for a link for each part, as a browser does.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import django
from boto3.s3.transfer import TransferConfig

from atelier.demo import upload, wire
from frontend.bench import told
from frontend.bench.arms import Figure

MEBI = 1 << 20
LARGE, SMALL = 256 * MEBI, 64 * MEBI
PART = 8 * MEBI
ROUNDS = 5
SHARE = 0.9


def main(arguments: list[str]) -> None:
    quick = f"{SMALL // MEBI} MiB instead of {LARGE // MEBI}"
    told.command(arguments, measure, name="tests.material.bench", about="An upload by signed parts beside boto3.", quick=quick)


def measure(quick: bool) -> Iterator[Figure]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atelier.settings")
    django.setup()
    yield uploading(SMALL if quick else LARGE)


def uploading(size: int) -> Figure:
    """A file that takes as long as SHARE allows would be at the limit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clip")
        path.write_bytes(os.urandom(size))
        ours, plain = [], []
        for _ in range(ROUNDS):  # in turns, so that both meet the same machine
            plain.append(told.seconds(lambda: straight(path)))
            ours.append(told.seconds(lambda: by_links(path)))
    most = statistics.median(plain) / SHARE
    return Figure(f"an upload of {size // MEBI} MiB by signed parts, beside boto3", most, "s", statistics.median(ours), ROUNDS)


def by_links(path: Path) -> None:
    from atelier.kit import store

    key, size = f"bench/{uuid4()}", path.stat().st_size
    started = store.start_multipart(store.QUARANTINE, key)

    def links(numbers: list[int]) -> list[dict[str, object]]:
        return [{"url": store.part_link(store.QUARANTINE, key, started, number, PART), "bytes": PART} for number in numbers]

    with wire.client() as http:
        upload.send(http, path, size // PART, links)
    store.complete_multipart(store.QUARANTINE, key, started, store.parts(store.QUARANTINE, key, started))
    store.delete(store.QUARANTINE, key)


def straight(path: Path) -> None:
    from atelier.kit import store

    key = f"bench/{uuid4()}"
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
    store.client().upload_file(str(path), store.bucket(store.QUARANTINE), key, Config=config)
    store.delete(store.QUARANTINE, key)


if __name__ == "__main__":
    main(sys.argv[1:])
