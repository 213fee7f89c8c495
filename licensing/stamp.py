"""Writing a certificate into a model: a copy of the file with other metadata and the same tensors, byte for byte."""

import hashlib
import json
from collections.abc import Mapping
from typing import Protocol

from licensing import tensors
from licensing.findings import Malformed
from licensing.tensors import HEADER_LIMIT, LENGTH_BYTES, METADATA, Header, Readable
from licensing.trust import Sealed

KEY = "atelier.certificate"
# Loaders map the data straight into memory, and want it to begin at a multiple of this.
ALIGNMENT = 8


class Writable(Protocol):
    """An open binary file that takes all it is given, as a buffered one does."""

    def write(self, data: bytes | memoryview, /) -> object: ...


def stamp(model: Readable, copy: Writable, certificate: Sealed, notes: Mapping[str, str] | None = None) -> str:
    """Copies `model` to `copy` with the certificate in its metadata, and returns the tensor digest of what went through.

    `notes` are added to the metadata; a note or certificate of the same name is replaced. Raises Malformed, having written part of the copy
    perhaps: write it under another name first. Whether the certificate is about these tensors is for the caller to compare.
    """
    header = tensors.read_header(model)
    copy.write(_header_bytes(header, {**header.metadata, **(notes or {}), KEY: certificate.to_bytes().decode()}))
    hashed = hashlib.sha256(header.canonical())
    for chunk in tensors.data(header, model):
        hashed.update(chunk)
        copy.write(chunk)
    return "sha256:" + hashed.hexdigest()


def _header_bytes(header: Header, metadata: Mapping[str, str]) -> bytes:
    written = json.dumps({METADATA: metadata, **header.tensors}, separators=(",", ":"), ensure_ascii=False).encode()
    written += b" " * (-(LENGTH_BYTES + len(written)) % ALIGNMENT)
    if len(written) > HEADER_LIMIT:
        raise Malformed(f"The model's header would grow beyond {HEADER_LIMIT} bytes.")
    return len(written).to_bytes(LENGTH_BYTES, "little") + written
