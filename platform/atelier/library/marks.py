"""The mark that a copy carries: which copy it is, for whoever has the key (finetune/fingerprint.py). The first copy of a custom model goes
out as it was made; each later one is marked, and each of a house adapter, so that a file which turns up says which download it came from.

The secret of a copy follows from the environment's key, the file that it is of and its handover; none is in the database. Of each file that
copies were marked of, its decomposition lies in the bucket `models`, out of everybody's reach.
"""

import io
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from numpy.typing import NDArray

from atelier.catalog.models import BaseVersion, HouseAdapter
from atelier.catalog.outline import facts_of
from atelier.kit import store
from atelier.kit.ids import public, uuid7
from atelier.kit.refused import Refused
from finetune import fingerprint, suspect
from finetune.families import layout
from finetune.fingerprint import Floats, Host
from licensing import tensors

from .models import Fingerprint, Handover, Source

USE = b"atelier.fingerprint\0"
PARTS = ("U", "S", "V")


@dataclass(frozen=True)
class Mark:
    """What a Fingerprint keeps of it. `id` stands in the certificate."""

    id: UUID
    key_id: str
    strength: float
    layers: int

    @property
    def public_id(self) -> str:
        return public(Fingerprint.prefix, self.id)


def due(handover: Handover) -> bool:
    """Whether somebody was given a copy of this model before. Of a house adapter each holder has one."""
    if handover.artifact is None:
        return True
    earlier = Handover.objects.filter(artifact__model=handover.artifact.model_id, outcome__code="")
    return earlier.exclude(pk=handover.pk).exists()


def mark(handover: Handover, original: Path, marked: Path) -> Mark | None:
    """Writes a marked copy of `original`; None where it has no layers that a mark could be in. The same handover gives the same bits."""
    source, version = handover.source, version_of(handover.source)
    read = read_layers(original, version)
    if not read:
        return None
    kept = _host(source, read)
    copy = fingerprint.mark(kept, secret(source), handover.public_id)
    _rewrite(original, marked, version, copy)
    return Mark(uuid7(), key_id(), fingerprint.strength(kept), len(copy))


def version_of(source: Source) -> BaseVersion:
    if isinstance(source, HouseAdapter):
        return source.version
    return source.model.licence.revision.tier.offering.version


def read_layers(file: Path, version: BaseVersion) -> fingerprint.Layers:
    """Those of the base's layers that the file has something for, in whatever layout. Raises BadData for what is no safetensors file."""
    if not version.facts:
        return {}
    return suspect.read(file, facts_of(version).layers, layout(version.family).comfyui)


def secret(source: Source) -> bytes:
    """Of all copies of this file; the word of each follows from it and the handover's id."""
    return HKDF(SHA256(), 32, None, USE + source.pk.bytes).derive(_environment())


def key_id() -> str:
    """Tells two keys of the environment apart, and nothing about either."""
    return sha256(USE + HKDF(SHA256(), 32, None, USE + b"id").derive(_environment())).hexdigest()[:16]


def _environment() -> bytes:
    found: str = settings.FINGERPRINT_KEY
    return found.encode()


def _place(source: Source) -> str:
    return f"fingerprints/{source.pk}.npz"


def host(source: Source) -> Host:
    """As it was when its copies were marked. Refused("object_missing", 404) where there is none."""
    held = np.load(io.BytesIO(store.get_bytes(store.MODELS, _place(source))), allow_pickle=False)
    names = sorted({name.rpartition("/")[0] for name in held.files})
    return Host({name: (held[f"{name}/U"], held[f"{name}/S"], held[f"{name}/V"]) for name in names})


def _host(source: Source, layers: fingerprint.Layers) -> Host:
    """Kept once: another machine's decomposition of the same file differs in its last bits."""
    try:
        return host(source)
    except Refused as refused:
        if refused.code != "object_missing":
            raise
    made, buffer = fingerprint.host(layers), io.BytesIO()
    for_layer = {name: zip(PARTS, parts, strict=True) for name, parts in made.layers.items()}
    arrays: dict[str, Any] = {f"{name}/{part}": each for name, parts in for_layer.items() for part, each in parts}
    np.savez(buffer, **arrays)
    store.put_bytes(store.MODELS, _place(source), buffer.getvalue())
    return made


def _rewrite(original: Path, marked: Path, version: BaseVersion, copy: dict[str, tuple[Floats, Floats]]) -> None:
    """The same file with other numbers in the layers of `copy`: names, shapes, formats and all the rest stay, byte for byte."""
    with original.open("rb") as file:
        header = tensors.read_header(file)
    data = bytearray(original.read_bytes())
    begin = len(data) - header.data_bytes
    sides = suspect.sides(header.tensors, copy, layout(version.family).comfyui)
    scales = {layer: _values(data, begin, header.tensors[name]).item() for name, (layer, side) in sides.items() if side == "alpha"}
    for name, (layer, side) in sides.items():
        if side in ("up", "down"):
            b, a = copy[layer]
            values = a if side == "down" else b / (scales[layer] / len(a) if layer in scales else 1)
            first, last = header.tensors[name]["data_offsets"]
            data[begin + first : begin + last] = _bytes(values.astype(np.float32), header.tensors[name]["dtype"])
    marked.write_bytes(data)


def _values(data: bytearray, begin: int, said: Any) -> NDArray[np.floating]:
    first, last = said["data_offsets"]
    return suspect.NUMBERS[said["dtype"]](bytes(data[begin + first : begin + last]))


def _bytes(values: Floats, dtype: str) -> bytes:
    """In the format of the file; bfloat16 is rounded to the nearest, ties to even."""
    if dtype == "BF16":
        bits = np.ascontiguousarray(values, "<f4").view("<u4")
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
    return np.ascontiguousarray(values, {"F64": "<f8", "F32": "<f4", "F16": "<f2"}[dtype]).tobytes()
