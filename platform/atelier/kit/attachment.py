"""A file to take home, however long it is.

It is written whole before the first byte leaves: what fails halfway is a failure, and no short file that looks complete.
"""

import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse

BYTES_AT_ONCE = 1 << 16


def write_lines(file: IO[bytes], lines: Iterable[str | bytes]) -> None:
    file.writelines(line.encode() if isinstance(line, str) else line for line in lines)


def sent(request: HttpRequest, name: str, kind: str, write: Callable[[Any], None]) -> StreamingHttpResponse:
    """What `write` writes, as an attachment of this name and media type; in pieces, however long it is."""
    file = TemporaryFile()  # noqa: SIM115  its pieces close it
    pieces = _Awaited(file) if hasattr(request, "scope") else _Pieces(file)
    write(file)
    length = file.tell()
    file.seek(0)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(length), "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(pieces, content_type=kind, headers=headers)


class _File:
    """Closed with its response, or with whatever came of it when nobody reads it to the end."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.close = weakref.finalize(self, file.close)


class _Pieces(_File):
    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(BYTES_AT_ONCE):
            yield piece


class _Awaited(_File):
    """The same for an ASGI server, whose loop must not wait for the disk."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await sync_to_async(self.file.read)(BYTES_AT_ONCE):
            yield piece
