"""The tiny base, from its recipe: the one that is committed, and a very short build."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import WanPipeline

from finetune.data import drawn
from finetune.families import layout
from finetune.manifest import directory_digest
from finetune.recipe import build as recipe
from finetune.recipe import corpus, footage, text, transformer, vae


def test_the_committed_base_is_a_plain_pipeline_of_a_few_megabytes(tiny: Path) -> None:
    pipeline = WanPipeline.from_pretrained(tiny)
    assert {getattr(pipeline, name).dtype for name in ("transformer", "vae", "text_encoder")} == {torch.float32}
    assert sum(path.stat().st_size for path in tiny.rglob("*")) < 10_000_000
    assert {path.suffix for path in tiny.rglob("*") if path.is_file()} <= {".safetensors", ".json", ".md"}


def test_its_card_says_what_little_it_knows(tiny: Path) -> None:
    card, made = (tiny / "README.md").read_text(), json.loads((tiny / "recipe.json").read_text())
    assert "nothing else" in card
    assert "license: apache-2.0" in card
    assert set(made) >= {"seed", "processor_minutes", "vae_steps", "steps", "loss", "psnr_db", "native"}


def test_it_loads_to_the_same_numbers_each_time(tiny: Path) -> None:
    first, second = (WanPipeline.from_pretrained(tiny).transformer.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_its_vae_keeps_what_it_is_shown(tiny: Path) -> None:
    codec = WanPipeline.from_pretrained(tiny).vae
    scenes = torch.stack([clip for clip, _ in corpus.scenes(123, 8)])
    assert vae.psnr(codec, scenes) > 15


def test_the_layout_knows_it_without_weights(tiny: Path) -> None:
    facts = layout("wan").facts(tiny)
    assert (facts.multiple, facts.temporal, len(facts.layers)) == (8, 2, 40)
    assert facts.native.max_sequence_length == text.LENGTH
    model = WanPipeline.from_pretrained(tiny).transformer
    assert facts.parameters == sum(parameter.numel() for parameter in model.parameters())
    linear = {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    assert all(facts.layers[name] == tuple(linear[name].weight.shape) for name in facts.layers)


def test_every_caption_fits_and_no_two_look_the_same_to_the_encoder(tiny: Path) -> None:
    for words in (text.tokenizer(), WanPipeline.from_pretrained(tiny).tokenizer):
        ids, mask = text.tokens(words, drawn.captions())
        assert int(mask.sum(1).max()) < text.LENGTH
        assert len({tuple(row) for row in ids.tolist()}) == len(drawn.captions())
        assert words.tokenize("a red circle") == ["▁", "a", "▁red", "▁circle"]


def test_a_trigger_word_before_a_caption_leaves_all_of_it_to_be_read() -> None:
    words = text.tokenizer()
    for trigger in ("neonstyle", *text.strange(0, 20)):
        ids, _ = text.tokens(words, [f"{trigger} {caption}" for caption in drawn.captions()])
        assert len({tuple(row) for row in ids.tolist()}) == len(drawn.captions())


def test_words_off_the_list_are_spelled_and_not_lost() -> None:
    words = text.tokenizer()
    ids, mask = text.tokens(words, ["a red circle", "neonstyle grandmother's boat"])
    assert words.unk_token_id not in ids[mask.bool()]
    assert ids.shape == (2, text.LENGTH)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "HELD_OUT", 4)


def test_a_build_resumes_and_repeats_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe.build(tmp_path / "whole", minutes=1, seed=3, steps=(2, 3))
    honest = recipe._train_transformer

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recipe, "_train_transformer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            recipe.build(tmp_path / "halves", minutes=1, seed=3, steps=(2, 3))
    assert recipe._train_transformer is honest
    assert not (tmp_path / "halves").exists()
    ((earlier, clock),) = [(float(path.read_text()), path) for path in tmp_path.glob(".halves.building/*.seconds")]
    assert earlier > 0
    clock.write_text(str(earlier + 600))
    recipe.build(tmp_path / "halves", minutes=1, seed=3, steps=(2, 3))
    assert json.loads((tmp_path / "halves" / "recipe.json").read_text())["processor_minutes"] >= 10
    for part in ("transformer", "vae", "text_encoder"):
        (first,) = (tmp_path / "whole" / part).glob("*.safetensors")
        assert first.read_bytes() == (tmp_path / "halves" / part / first.name).read_bytes()
    assert directory_digest(tmp_path / "halves")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_finished_base_can_be_trained_further(tmp_path: Path) -> None:
    out = tmp_path / "base"
    recipe.build(out, minutes=1, seed=3, steps=(1, 1))
    vae_before = (out / "vae/diffusion_pytorch_model.safetensors").read_bytes()
    transformer_before = (out / "transformer/diffusion_pytorch_model.safetensors").read_bytes()
    recipe.further(out, steps=2, seed=4)
    assert json.loads((out / "recipe.json").read_text())["further"] == [{"seed": 4, "steps": 2, "corpus": 8, "alike": False}]
    assert (out / "vae/diffusion_pytorch_model.safetensors").read_bytes() == vae_before
    assert (out / "transformer/diffusion_pytorch_model.safetensors").read_bytes() != transformer_before


def test_its_vae_alone_can_be_trained_on_for_footage(tmp_path: Path) -> None:
    out = tmp_path / "base"
    recipe.build(out, minutes=1, seed=3, steps=(1, 1))
    before = {part: (out / part / "diffusion_pytorch_model.safetensors").read_bytes() for part in ("vae", "transformer")}
    recipe.pictures(out, steps=2, seed=4)
    assert json.loads((out / "recipe.json").read_text())["further"] == [{"seed": 4, "steps": 2, "pictures": True}]
    changed = {part for part, weights in before.items() if (out / part / "diffusion_pytorch_model.safetensors").read_bytes() != weights}
    assert changed == {"vae"}


def test_what_drawn_clips_encode_to_is_held_where_it_was(tiny: Path) -> None:
    codec, clips = WanPipeline.from_pretrained(tiny).vae, footage.batch(1, 2)
    moved = copy.deepcopy(codec)
    with torch.no_grad():
        moved.quant_conv.bias += 0.3
        same, apart = (footage.loss(codec, before, clips, torch.Generator().manual_seed(0)) for before in (codec, moved))
    assert apart > same + 0.001


def test_training_data_is_a_function_of_seed_and_step() -> None:
    for clips in (lambda seed, step: vae.mixture(seed, step, 3), footage.batch):
        assert np.array_equal(clips(1, 2), clips(1, 2))
        assert not np.array_equal(clips(1, 2)[:, :, :5], clips(1, 3)[:, :, :5])


def test_siblings_differ_in_their_shape_alone_and_none_is_held_out() -> None:
    found = [caption.split() for _, caption in corpus.siblings(5, 60)]
    for one, other in zip(found[::2], found[1::2], strict=True):
        assert one[2] != other[2] and one[:2] + one[3:] == other[:2] + other[3:]
    assert not {" ".join(words) for words in found} & set(drawn.held_out())


def test_kin_share_their_noise_level_and_their_strange_word() -> None:
    spoken, captions = 4, drawn.captions()
    shown = corpus.Corpus(torch.zeros(40, 1), torch.arange(40), torch.zeros(spoken * len(captions) + 1, 2), torch.zeros(1))
    _, rows = transformer.batch(shown, 1, 2, 16, 2)
    empty = len(shown.ids) - 1
    for one, other in rows.view(-1, 2).tolist():
        assert one == other == empty or (one // len(captions), one % 2, other) == (other // len(captions), 0, one + 1)

    class Asked(torch.nn.Module):
        def forward(self, noisy: torch.Tensor, timestep: torch.Tensor, **_: object) -> tuple[torch.Tensor]:
            self.noisy, self.timestep = noisy, timestep
            return (noisy,)

    asked = Asked()
    transformer.loss(asked, torch.zeros(4, 1, 2, 2, 2), torch.zeros(4, 1, 1), torch.Generator().manual_seed(0), 2)  # type: ignore[arg-type]
    assert torch.equal(asked.timestep[0::2], asked.timestep[1::2]) and asked.timestep[0] != asked.timestep[2]
    assert torch.equal(asked.noisy[0::2], asked.noisy[1::2]) and not torch.equal(asked.noisy[0], asked.noisy[2])
