"""The usage of a studio's titles as files: CSV for people, Parquet for programs. Exactly the rows asked for, under stable names."""

from collections.abc import Iterable
from itertools import islice
from typing import IO, Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from atelier.audit.queries import sheet
from atelier.kit.attachment import write_lines

from .queries import Use

TEXT, TEXTS = pa.string(), pa.list_(pa.string())
SCHEMA = pa.schema(
    [
        pa.field("use", TEXT, nullable=False),
        pa.field("kind", TEXT, nullable=False),
        pa.field("at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("creator", TEXT, nullable=False),
        pa.field("state", TEXT, nullable=False),
        pa.field("seconds", pa.int64(), nullable=False),
        pa.field("model", TEXT),
        pa.field("licence", TEXT, nullable=False),
        pa.field("tier", TEXT, nullable=False),
        pa.field("revision", pa.int32(), nullable=False),
        pa.field("offering", TEXT, nullable=False),
        pa.field("titles", TEXTS, nullable=False),
        pa.field("title_names", TEXTS, nullable=False),
        pa.field("stage", TEXT),
        pa.field("media", TEXTS),
        pa.field("territories", TEXTS),
        pa.field("commercial", pa.bool_()),
    ]
)
ROWS_AT_ONCE = 10_000


def record(use: Use) -> dict[str, Any]:
    ware, declared = use.ware, use.declared
    return {
        "use": use.id,
        "kind": use.kind,
        "at": use.at,
        "creator": use.who,
        "state": use.state,
        "seconds": use.seconds,
        "model": use.model or None,
        "licence": use.licence,
        "tier": ware.tier_name,
        "revision": ware.revision,
        "offering": ware.offering,
        "titles": [title.public_id for title in ware.titles],
        "title_names": [title.name for title in ware.titles],
        **{name: declared.get(name) for name in ("stage", "media", "territories", "commercial")},
    }


def write_parquet(file: IO[bytes], uses: Iterable[Use]) -> None:
    rows = map(record, uses)
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        while some := list(islice(rows, ROWS_AT_ONCE)):
            writer.write_batch(pa.RecordBatch.from_pylist(some, schema=SCHEMA))


def write_csv(file: IO[bytes], uses: Iterable[Use]) -> None:
    write_lines(file, sheet(SCHEMA.names, map(_cells, map(record, uses))))


def _cells(row: dict[str, Any]) -> list[object]:
    return [_cell(value) for value in row.values()]


def _cell(value: Any) -> object:
    if isinstance(value, list):
        return "; ".join(value)
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else value
