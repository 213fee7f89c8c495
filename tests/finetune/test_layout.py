"""What can be told of a Wan directory without its weights."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune.exits import BadJob
from finetune.families import layout


@pytest.fixture
def base(tiny: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny, tmp_path / "base")
    return tmp_path / "base"


def change(path: Path, **facts: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def test_a_base_without_a_recipe_is_taken_for_real_wan(base: Path) -> None:
    (base / "recipe.json").unlink()
    facts = layout("wan").facts(base)
    assert (facts.native.max_sequence_length, facts.native.frames, facts.id) == (512, 81, "base")


def test_a_clip_of_real_wan_has_the_tokens_it_is_known_for(base: Path) -> None:
    change(base / "vae/config.json", scale_factor_spatial=8, scale_factor_temporal=4)
    facts = layout("wan").facts(base)
    assert layout("wan").tokens(facts, height=480, width=832, frames=81) == 32_760


@pytest.mark.parametrize(
    ("file", "facts", "says"),
    [
        ("model_index.json", {"_class_name": "FluxPipeline"}, "holds a FluxPipeline, not a WanPipeline"),
        ("model_index.json", {"transformer_2": ["diffusers", "WanTransformer3DModel"]}, "two transformers, and its boundary_ratio is None"),
        ("recipe.json", {"native": {"evil": 1}}, "native in recipe.json"),
        ("recipe.json", {"native": {"frames": "many"}}, "native in recipe.json"),
        ("vae/config.json", {"scale_factor_spatial": "big"}, "scale_factor_spatial"),
    ],
)
def test_another_kind_of_model_gets_a_sentence(file: str, facts: dict[str, Any], says: str, base: Path) -> None:
    change(base / file, **facts)
    with pytest.raises(BadJob, match=says):
        layout("wan").facts(base)


def test_a_configuration_that_is_missing_or_no_json_gets_a_sentence(base: Path) -> None:
    (base / "vae/config.json").write_text("{")
    with pytest.raises(BadJob, match=r"config\.json of vae cannot be read"):
        layout("wan").facts(base)
    (base / "model_index.json").unlink()
    with pytest.raises(BadJob, match=r"model_index\.json of base cannot be read"):
        layout("wan").facts(base)
