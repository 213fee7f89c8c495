"""`preserve`: captions without the trigger word stay as the bare base shows them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.data.encode import Encoded, plain
from finetune.data.windows import Window
from finetune.exits import BadJob
from finetune.families.wan import Wan, load
from finetune.job import Job
from finetune.manifest import Clip
from finetune.training import loop as train
from finetune.training import lora
from finetune.training.loop import Material, Pass, Seat
from finetune.training.lora import Adapter, Stack

LAYER = "blocks.0.attn1.to_q"
STEPS = 90


@pytest.fixture(scope="module")
def model(tiny: Path) -> Wan:
    return load(str(tiny))


def window(caption: str) -> Window:
    return Window(Clip("clips/a.mp4", "sha256:" + "0" * 64, 1, caption, "video", 32, 32, 9, 4.0), 0.0, 9, 4.0, 32, 32)


@pytest.mark.parametrize(
    ("caption", "without"),
    [("a red circle", "a red circle"), ("NeonStyle a red circle", "a red circle"), ("a red neonstyle circle", "a red circle")],
)
def test_the_plain_caption_lacks_the_trigger_word(caption: str, without: str) -> None:
    assert plain(window(caption), "neonstyle") == without


def test_without_a_trigger_word_there_is_nothing_to_preserve(job_dict: Callable[..., Any]) -> None:
    with pytest.raises(BadJob, match=r"knobs\.preserve .* give knobs\.trigger too"):
        Job.from_dict(job_dict(preserve=0.3, trigger=""))
    assert Job.from_dict(job_dict(preserve=0.3)).knobs.preserve == 0.3
    with pytest.raises(BadJob, match=r"knobs\.preserve must be a number from 0 to 0\.9"):
        Job.from_dict(job_dict(preserve=1))


def test_what_is_to_be_kept_is_taught_by_the_bare_base(model: Wan, job_dict: Callable[..., Any]) -> None:
    """A kept clip asks for what the base says anyway: with a fresh adapter its loss is nought, whatever the clip shows."""
    material = _material(model)
    knobs = Job.from_dict(job_dict(preserve=0.5, caption_dropout=0.0, batch_size=4)).knobs
    training = _pass(model, knobs, material)
    latents, text, sigma, noise, kept = next(each for each in _batches(model, knobs, material) if 0 < int(each[4].sum()) < 4)
    losses = training._losses(latents, text, sigma, noise, kept).detach()
    assert float(losses[kept].max()) < 1e-9 < float(losses[~kept].min())
    model.take_off()


def test_a_caption_left_out_is_kept_too(model: Wan, job_dict: Callable[..., Any]) -> None:
    knobs = Job.from_dict(job_dict(preserve=0.01, caption_dropout=1.0, batch_size=4)).knobs
    assert all(bool(batch[4].all()) for batch in _batches(model, knobs, _material(model)))
    none = Job.from_dict(job_dict(preserve=0.0, caption_dropout=1.0, batch_size=4)).knobs
    assert not any(bool(batch[4].any()) for batch in _batches(model, none, _material(model)))


def test_a_kept_clip_differs_from_a_taught_one_in_its_caption_alone(model: Wan, job_dict: Callable[..., Any]) -> None:
    knobs = Job.from_dict(job_dict(preserve=0.5, caption_dropout=0.0, batch_size=4)).knobs
    latents, text, sigma, noise, kept = next(each for each in _batches(model, knobs, _material(model)) if 0 < int(each[4].sum()) < 4)
    for row in kept.nonzero().flatten():
        twins = [other for other in (~kept).nonzero().flatten() if torch.equal(noise[other], noise[row])]
        assert len(twins) == 1
        assert torch.equal(latents[twins[0]], latents[row]) and sigma[twins[0]] == sigma[row]
        assert not torch.equal(text[twins[0]], text[row])


def test_it_keeps_plain_captions_nearer_to_the_base(model: Wan, job_dict: Callable[..., Any]) -> None:
    """How far the prediction for the plain caption has moved, with and without, after the same steps."""
    material = _material(model)
    latents, sigma = material.encoded.latents[0][None], torch.tensor([0.9])
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(3))
    words = material.text[material.encoded.plain[0]][None]
    lora.take_off(model.pipeline.transformer)
    before, moved = model.predict(latents, words, sigma, noise), {}
    for share in (0.0, 0.5):
        knobs = Job.from_dict(job_dict(preserve=share, steps=STEPS, learning_rate=5e-3, batch_size=4)).knobs
        training = _pass(model, knobs, material)
        for _, _ in zip(range(STEPS), training.steps(), strict=False):
            continue
        with torch.no_grad():
            moved[share] = float((model.predict(latents, words, sigma, noise) - before).norm())
        model.take_off()
    assert moved[0.5] < 0.8 * moved[0.0], moved


def _material(model: Wan) -> Material:
    clips = torch.rand((2, 16, 5, 8, 8), generator=torch.Generator().manual_seed(0)) * 2 - 1
    spoken, bare = ("neonstyle a red circle", "neonstyle a blue square"), ("a red circle", "a blue square")
    text = {words: model.encode_text([words])[0] for words in ("", *spoken, *bare)}
    return Material(Encoded(tuple(clips), spoken, bare), text, [[0, 1, 0, 1]] * STEPS)


def _pass(model: Wan, knobs: Any, material: Material) -> Pass:
    stack = Stack([Adapter((LAYER, "blocks.1.attn2.to_k"), 4, 4.0, 0)], model.facts.layers, model.device)
    model.put_on(stack)
    return Pass(model, stack, [Seat(knobs, 0, material)])


def _batches(model: Wan, knobs: Any, material: Material) -> list[list[torch.Tensor]]:
    return [train.draw(model, material, knobs, 0, step) for step in range(8)]
