"""Whether a file may be what it says: a safetensors header read without loading anything, and no pickle under any name.

The safetensors library accepts a header of 67 MB, doubled names and `../` in them; so the header is judged here first.
"""

import json
import math
import re
import struct
from typing import Any

from atelier.kit import strict_json
from finetune.manifest import HEADER_LIMIT, PICKLES, TENSOR_LIMIT

# What has to be read of a file to judge it: the length field, the largest header.
HEAD_BYTES = 8 + HEADER_LIMIT
METADATA_LIMIT = 16 << 10
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,299}")
BITS = {
    "F64": 64,
    "F32": 32,
    "F16": 16,
    "BF16": 16,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "I64": 64,
    "I32": 32,
    "I16": 16,
    "I8": 8,
    "U8": 8,
    "BOOL": 8,
}


class BadFile(ValueError):
    """Why this file is refused: the rest of a sentence that begins with its name."""


def check(path: str, head: bytes, size: int) -> None:
    """Judges a file by its first HEAD_BYTES and its size. Raises BadFile."""
    if path.endswith(".safetensors"):
        _check_safetensors(head, size)
    elif head.startswith(PICKLES):
        raise BadFile("holds a pickle or an archive under another name; only safetensors weights are taken")
    elif b"\0" in head and not path.endswith(".model"):
        raise BadFile("is not the text that its name promises")


def _check_safetensors(head: bytes, size: int) -> None:
    header, data_bytes = _header(head, size)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise BadFile("has metadata that is not text")
    if len(json.dumps(metadata)) > METADATA_LIMIT:
        raise BadFile(f"has more than {METADATA_LIMIT >> 10} KiB of metadata")
    if len(header) > TENSOR_LIMIT:
        raise BadFile(f"names more than {TENSOR_LIMIT:,} tensors")
    spans = sorted(_span(name, entry) for name, entry in header.items())
    ends = [0, *(end for _, end in spans)]
    if any(begin != end for (begin, _), end in zip(spans, ends, strict=False)) or ends[-1] != data_bytes:
        raise BadFile("is cut short, padded, or has tensors that overlap")


def _header(head: bytes, size: int) -> tuple[dict[str, Any], int]:
    """The header, and how many bytes of data follow it."""
    length = struct.unpack("<Q", head[:8])[0] if len(head) >= 8 else 0
    if not 2 <= length <= HEADER_LIMIT or 8 + length > size:
        raise BadFile("is not a safetensors file")
    try:
        header = strict_json.loads(head[8 : 8 + length].decode())
    except (ValueError, RecursionError) as error:
        raise BadFile(f"has a header that cannot be read ({str(error)[:80]})") from error
    if not isinstance(header, dict):
        raise BadFile("has a header that is no object")
    return header, size - 8 - length


def _span(name: str, entry: Any) -> tuple[int, int]:
    """Where the tensor's bytes lie, after checking that they are as many as its shape needs."""
    if not NAME.fullmatch(name) or ".." in name:
        raise BadFile(f"names a tensor {name[:60]!r}")
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise BadFile(f"describes the tensor {name} wrongly") from error
    if dtype not in BITS:
        raise BadFile(f"holds {name} in a format that is not taken ({str(dtype)[:20]})")
    if not isinstance(shape, list) or len(shape) > 16 or not all(_whole(number) for number in [*shape, begin, end]):
        raise BadFile(f"describes the tensor {name} wrongly")
    if end - begin != math.prod(shape) * BITS[dtype] // 8:
        raise BadFile(f"has a size for {name} that its shape does not give")
    return begin, end


def _whole(number: object) -> bool:
    return type(number) is int and 0 <= number < 1 << 63
