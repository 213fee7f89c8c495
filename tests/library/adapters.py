"""A small adapter as a training writes one, for a base of the family wan; and what people do to files."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from finetune.families import layout

BASE = Path(__file__).parents[2] / "finetune" / "bases" / "tiny"
FACTS: dict[str, Any] = asdict(layout("wan").facts(BASE))
RANK = 8
PREFIX = "diffusion_model."


def drawn(seed: int = 0) -> dict[str, np.ndarray]:
    """With the fast falling spectrum that trained adapters have, in ComfyUI's names."""
    rng = np.random.default_rng(seed)
    strong = (1 / np.arange(1, RANK + 1)).astype(np.float32)
    held = {}
    for layer, (out, into) in FACTS["layers"].items():
        name = PREFIX + layout("wan").comfyui(layer)
        held[f"{name}.lora_up.weight"] = rng.standard_normal((out, RANK)).astype(np.float32) * strong
        held[f"{name}.lora_down.weight"] = rng.standard_normal((RANK, into)).astype(np.float32) / into**0.5
        held[f"{name}.alpha"] = np.array(4.0, np.float32)
    return held


def written(held: Mapping[str, np.ndarray]) -> bytes:
    """As a safetensors file."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, each in held.items():
        end = len(data) + each.nbytes
        header[name] = {
            "dtype": {"float32": "F32", "float16": "F16"}[each.dtype.name],
            "shape": each.shape,
            "data_offsets": [len(data), end],
        }
        data += np.ascontiguousarray(each).tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def read(data: bytes) -> dict[str, np.ndarray]:
    length = int.from_bytes(data[:8], "little")
    header, values = json.loads(data[8 : 8 + length]), data[8 + length :]
    kinds = {"F32": "<f4", "F16": "<f2"}
    return {
        name: np.frombuffer(values[slice(*each["data_offsets"])], kinds[each["dtype"]]).reshape(each["shape"])
        for name, each in header.items()
        if name != "__metadata__"
    }
