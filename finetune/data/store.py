"""Latents and text, encoded once and kept by content: clip digest, cut, size and base digest name an entry."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError

from finetune.disk import weights
from finetune.manifest import canonical, digest

VERSION = 1
PLACE = "FINETUNE_CACHE"


def directory(out: Path) -> Path:
    """FINETUNE_CACHE, or `cache` beside the output directory."""
    named = os.environ.get(PLACE)
    return Path(named) if named else out.resolve().parent / "cache"


@contextmanager
def at(root: Path) -> Iterator[None]:
    """Within it, everything is kept there."""
    before = os.environ.get(PLACE)
    os.environ[PLACE] = str(root)
    try:
        yield
    finally:
        if before is None:
            del os.environ[PLACE]
        else:
            os.environ[PLACE] = before


class Store:
    """Counts what it found and what it had to make, so that a run can tell."""

    def __init__(self, root: Path, base: str) -> None:
        self.root, self.base, self.found, self.made = root, base, 0, 0

    def path(self, kind: str, key: object) -> Path:
        name = digest(canonical([VERSION, self.base, key])).partition(":")[2]
        return self.root / kind / name[:2] / f"{name}.safetensors"

    def get(self, kind: str, key: object) -> torch.Tensor | None:
        """None when it is not kept, or when what is kept cannot be read (it is then made again)."""
        path = self.path(kind, key)
        if not path.exists():
            return None
        try:
            tensor = weights.load(path)["value"]
        except (SafetensorError, KeyError):
            path.unlink()
            return None
        self.found += 1
        return tensor

    def put(self, kind: str, key: object, tensor: torch.Tensor) -> None:
        weights.save(self.path(kind, key), {"value": tensor})
        self.made += 1

    def keep(self, kind: str, key: object, make: Callable[[], torch.Tensor]) -> torch.Tensor:
        found = self.get(kind, key)
        if found is None:
            found = make().detach().cpu()
            self.put(kind, key, found)
        return found
