"""A file of unknown origin is read in every layout; what is no adapter is refused by name."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from finetune import fingerprint, suspect
from finetune.exits import BadData
from finetune.families.wan_layout import LAYOUT
from finetune.fingerprint import Layers

from .conftest import Ran

KEY = bytes(range(32))


@pytest.fixture
def files(ran: Ran) -> list[Path]:
    return sorted((ran.out / "models").rglob("*.safetensors"))


@pytest.fixture
def layers(tiny: Path) -> list[str]:
    return list(LAYOUT.facts(tiny).layers)


def read(file: Path, layers: list[str]) -> Layers:
    return suspect.read(file, layers, LAYOUT.comfyui)


def test_every_layout_is_read_as_the_same_adapter(files: list[Path], layers: list[str]) -> None:
    found = [read(file, layers) for file in files]
    assert len(files) == 4
    assert all(each.keys() == set(layers) for each in found)
    for layer in layers:
        products = [each[layer][0] @ each[layer][1] for each in found]
        scales = [np.linalg.norm(product) / np.linalg.norm(products[0]) for product in products]
        for product, scale in zip(products, scales, strict=True):
            np.testing.assert_allclose(product, scale * products[0], rtol=1e-4, atol=1e-7)


def test_a_marked_copy_is_known_in_a_file_that_was_cast_and_renamed(files: list[Path], layers: list[str], tmp_path: Path) -> None:
    kept = fingerprint.host(read(files[0], layers))
    copy = fingerprint.mark(kept, KEY, "the one")
    sides = {(layer, side): each for layer, (b, a) in copy.items() for side, each in (("lora_up", b), ("lora_down", a))}
    renamed = {
        f"diffusion_model.{LAYOUT.comfyui(layer)}.{side}.weight": torch.from_numpy(np.ascontiguousarray(each))
        for (layer, side), each in sides.items()
    }
    save_file({name: tensor.bfloat16() for name, tensor in renamed.items()}, tmp_path / "leak.safetensors")
    found = fingerprint.trace(kept, KEY, read(tmp_path / "leak.safetensors", layers), [f"copy-{n}" for n in range(200)] + ["the one"])
    assert found.scores[0][0] == "the one" and found.scores[0][1] > 20 > 7 > found.scores[1][1]
    assert found.layers == found.known == len(layers)


def test_tensors_that_are_no_pair_are_passed_over(files: list[Path], layers: list[str], tmp_path: Path) -> None:
    held = load_file(files[0])
    lonely = next(name for name in held if name.endswith("lora_B.weight"))
    del held[lonely]
    save_file(held | {"something.else": torch.zeros(3), "note.alpha": torch.tensor(1.0)}, tmp_path / "half.safetensors")
    assert len(read(tmp_path / "half.safetensors", layers)) == len(layers) - 1


@pytest.mark.parametrize("data", [b"", b"PK\3\4 a zip", struct.pack("<Q", 1 << 63), struct.pack("<Q", 2) + b"[]"])
def test_what_is_no_safetensors_file_is_refused(data: bytes, layers: list[str], tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(data)
    with pytest.raises(BadData, match="not a safetensors file"):
        read(tmp_path / "odd", layers)


def test_numbers_of_an_odd_kind_are_passed_over(layers: list[str], tmp_path: Path) -> None:
    head = json.dumps({f"transformer.{layers[0]}.lora_A.weight": {"dtype": "I8", "shape": [1, 4], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "odd").write_bytes(struct.pack("<Q", len(head)) + head + bytes(4))
    assert read(tmp_path / "odd", layers) == {}
