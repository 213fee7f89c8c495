"""Exports leave whole, in pieces, under both kinds of server,."""

import asyncio
from types import SimpleNamespace
from typing import IO, Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from atelier.kit import attachment
from atelier.studio import exports

BODY = b"line\n" * 50_000


def write(file: IO[bytes]) -> None:
    file.write(BODY)


def test_a_file_is_sent_in_pieces() -> None:
    response = attachment.sent(SimpleNamespace(), "x.csv", "text/csv", write)  # type: ignore[arg-type]
    assert b"".join(response) == BODY and response["Content-Length"] == str(len(BODY))


def test_under_asgi_it_is_awaited_piece_by_piece() -> None:
    response = attachment.sent(SimpleNamespace(scope={}), "x.csv", "text/csv", write)  # type: ignore[arg-type]

    async def read() -> list[bytes]:
        return [piece async for piece in response]

    pieces = asyncio.run(read())
    assert response.is_async and len(pieces) > 1 and b"".join(pieces) == BODY


def test_a_failure_while_writing_sends_nothing() -> None:
    def breaks(file: IO[bytes]) -> None:
        file.write(b"half")
        raise KeyError("gone")

    with pytest.raises(KeyError):
        attachment.sent(SimpleNamespace(), "x.csv", "text/csv", breaks)  # type: ignore[arg-type]


def test_an_empty_parquet_still_has_its_columns(tmp_path: Any) -> None:
    with (tmp_path / "x.parquet").open("wb") as file:
        exports.write_parquet(file, [])
    assert pq.read_schema(tmp_path / "x.parquet").names == exports.SCHEMA.names
