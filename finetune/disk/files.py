"""Writing files so that nothing half-written ever stands under its final name."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from finetune.exits import StoreFailed

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR)


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever the disk refuses inside the block becomes StoreFailed; any other error passes through."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        name = Path(os.fsdecode(error.filename)).name.lstrip(".") if error.filename else "A file"
        raise StoreFailed(f"{name} could not be written: {error.strerror}. Free some space and resume.") from error


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yields a temporary name beside `path`; the file takes its final name only when the block ends well."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with guarded():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    with written(path) as draft:
        draft.write_bytes(data)


def remove_directory(path: Path) -> None:
    """At once for whoever reads it meanwhile: it is whole until it is gone."""
    gone = path.with_name(f".{path.name}.{os.getpid()}.gone")
    path.rename(gone)
    shutil.rmtree(gone)


def write_directory(path: Path, fill: Callable[[Path], None]) -> None:
    """`fill` writes into a temporary directory, which then takes the name `path` (and replaces what stood there)."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with guarded():
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            fill(draft)
            if path.exists():
                shutil.rmtree(path)
            draft.replace(path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
