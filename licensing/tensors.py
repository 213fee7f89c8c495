"""The tensor digest of a safetensors file: SHA-256 over the canonical header without `__metadata__`, then over the data.

It names the weights alone: notes, thumbnails and padding of the header leave it as it was; a cast, a new name or another order do not.
The file is read as a stream, once and never whole. No other library judges the header first: every refusal is a Malformed.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from licensing import strict
from licensing.canonical import LARGEST_INTEGER
from licensing.findings import Malformed

HEADER_LIMIT = 1 << 20
MOST_DIMENSIONS = 16
METADATA = "__metadata__"
LENGTH_BYTES = 8
CHUNK = 1 << 20
WHAT = "The model's header"
BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "I64": 64,
    "U64": 64,
    "F64": 64,
    "C64": 64,
}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,299}")


class Readable(Protocol):
    """An open binary file, at its beginning."""

    def read(self, size: int, /) -> bytes: ...
    def readinto(self, buffer: bytearray | memoryview, /) -> int | None: ...


@dataclass(frozen=True)
class Header:
    """`tensors` in the order of the file; `data_bytes` is what must follow the header, no more and no less."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, Mapping[str, Any]]
    data_bytes: int

    def canonical(self) -> bytes:
        """RFC 8785, which for names of ASCII letters and whole numbers is what json writes with its names sorted, only faster."""
        return json.dumps(self.tensors, sort_keys=True, separators=(",", ":")).encode()


def digest(model: Readable) -> str:
    """The digest of a whole file, from its first byte on."""
    return data_digest(read_header(model), model)


def read_header(model: Readable) -> Header:
    """Leaves `model` at its first byte of data. What it claims to be long is not read before it is found to be short enough."""
    length = int.from_bytes(_exactly(model, LENGTH_BYTES), "little")
    if not 2 <= length <= HEADER_LIMIT:
        raise Malformed(f"{WHAT} claims {length} bytes; at most {HEADER_LIMIT} are read.")
    raw = _exactly(model, length)
    if raw[:1] != b"{":
        raise Malformed(f"{WHAT} does not begin as one.")
    tensors = strict.parse(raw, HEADER_LIMIT, WHAT)
    metadata = _metadata(tensors.pop(METADATA, {}))
    spans = sorted(_span(name, entry) for name, entry in tensors.items())
    return Header(metadata, tensors, _joined(spans))


def data_digest(header: Header, model: Readable) -> str:
    hashed = hashlib.sha256(header.canonical())
    for chunk in data(header, model):
        hashed.update(chunk)
    return "sha256:" + hashed.hexdigest()


def data(header: Header, model: Readable) -> Iterable[memoryview]:
    """The bytes behind the header, which are found to be as many as it says. Each chunk is overwritten by the next."""
    left = header.data_bytes
    # One byte more than promised is asked for, to see that there is none.
    buffer = memoryview(bytearray(min(CHUNK, left + 1)))
    while count := model.readinto(buffer[: left + 1]):
        left -= count
        if left < 0:
            raise Malformed("The model goes on behind its last tensor.")
        yield buffer[:count]
    if left:
        raise Malformed(f"The model is cut short: {left} bytes are missing.")


def _exactly(model: Readable, count: int) -> bytes:
    found = model.read(count)
    if len(found) != count:
        raise Malformed("The model ends within its header; it is no safetensors file.")
    return found


def _metadata(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise Malformed(f"{WHAT} has metadata that is not text.")
    return value


def _span(name: str, entry: object) -> tuple[int, int]:
    """Where the tensor's bytes lie, once they are as many as its shape needs."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise Malformed(f"{WHAT} names a tensor {name[:60]!r}.")
    said = strict.record(entry, ("dtype", "shape", "data_offsets"), f"{WHAT}: {name}")
    shape, offsets, dtype = said["shape"], said["data_offsets"], said["dtype"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise Malformed(f"{WHAT} has {name} in a format that is not known.")
    if not isinstance(shape, list) or len(shape) > MOST_DIMENSIONS or not isinstance(offsets, list) or len(offsets) != 2:
        raise Malformed(f"{WHAT} describes {name} wrongly.")
    if not all(type(number) is int and 0 <= number <= LARGEST_INTEGER for number in [*shape, *offsets]):
        raise Malformed(f"{WHAT} describes {name} with something else than whole numbers.")
    begin, end = offsets
    if end - begin != math.prod(shape) * BITS[dtype] // 8:
        raise Malformed(f"{WHAT} gives {name} a size that its shape does not have.")
    return begin, end


def _joined(spans: list[tuple[int, int]]) -> int:
    """How many bytes the spans cover, once they follow each other without gap or overlap from 0 on."""
    at = 0
    for begin, end in spans:
        if begin != at:
            raise Malformed(f"{WHAT} has tensors that overlap, or leaves a gap between them.")
        at = end
    return at
