"""A training frame that comes back as a preview is found; a clip that was drawn anew is not."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from finetune.data import pdq
from finetune.data.drawn import Scene, render, scene
from finetune.data.encode import Encoded
from finetune.data.windows import Window
from finetune.events import event
from finetune.families.wan import Wan, load
from finetune.job import Job
from finetune.manifest import Clip
from finetune.results.memorised import Gallery
from finetune.running.run import run
from finetune.shell import terminal

from .conftest import Ran

FOUR = [
    Scene("circle", "red", "moving right", "dark", 0.3, 0.0, 0.1, 1.0),
    Scene("square", "blue", "moving up", "light", 0.35, -0.1, 0.0, 1.0),
    Scene("triangle", "green", "growing", "dark", 0.3, 0.2, -0.2, 1.0),
    Scene("square", "yellow", "moving left", "dark", 0.28, 0.0, 0.25, 1.0),
]
OTHER = Scene("circle", "yellow", "moving down", "light", 0.4, -0.3, 0.0, 1.1)
BLUEPRINT = "blueprint"


def shown(made: Scene, style: str = BLUEPRINT) -> np.ndarray:
    return render(made, frames=9, size=32, style=style)


def window(name: str) -> Window:
    return Window(Clip(name, "0" * 64, 1, "x", "video", 32, 32, 9, 4.0), 0.0, 9, 4.0, 32, 32)


@pytest.fixture(scope="module")
def model(tiny: Path) -> Wan:
    return load(str(tiny))


def encoded(model: Wan, clips: list[np.ndarray]) -> Encoded:
    latents = tuple(model.encode_clips(clip[None])[0] for clip in clips)
    return Encoded(latents, ("x",) * len(clips), (), tuple(torch.from_numpy(pdq.prints(clip)) for clip in clips))


def gallery(model: Wan, clips: list[np.ndarray], held_out: list[np.ndarray]) -> Gallery:
    windows = [window(f"{index}.mp4") for index in range(len(clips))]
    return Gallery(windows, encoded(model, clips), encoded(model, held_out))


@pytest.fixture(scope="module")
def drawn(model: Wan) -> Gallery:
    return gallery(model, [shown(each) for each in FOUR], [shown(OTHER)])


def judge(model: Wan, gallery: Gallery, frames: np.ndarray) -> Any:
    return gallery.judge(frames, model.encode_clips(frames[None])[0])


def test_a_training_clip_shown_again_is_found_with_its_clip_and_second(model: Wan, drawn: Gallery) -> None:
    found = judge(model, drawn, shown(FOUR[2]))
    assert (found.pdq.value, found.pdq.share, found.pdq.clip) == (0, 1.0, "2.mp4")
    assert (found.embedding.value, found.embedding.share, found.embedding.clip) == (pytest.approx(1, abs=1e-3), 1.0, "2.mp4")
    assert found.learned
    assert found.says.startswith("This preview looks learned by heart: 100% of it")
    assert "2.mp4" in found.says


def test_it_is_found_in_another_order_and_behind_the_blur_of_the_vae(model: Wan, drawn: Gallery) -> None:
    backwards = judge(model, drawn, shown(FOUR[0])[::-1].copy())
    assert (backwards.learned, backwards.pdq.clip) == (True, "0.mp4")
    blurred = judge(model, drawn, through_the_vae(model, shown(FOUR[1])))
    assert (blurred.learned, blurred.embedding.clip) == (True, "1.mp4")


def through_the_vae(model: Wan, clip: np.ndarray) -> np.ndarray:
    latents = model.encode_clips(clip[None]) * model._std + model._mean
    with torch.no_grad():
        video = model.pipeline.vae.decode(latents).sample[0]
    made: np.ndarray = ((video.permute(1, 2, 3, 0).clamp(-1, 1) + 1) * 127.5 + 0.5).numpy().astype(np.uint8)
    return made


def test_a_clip_drawn_anew_in_the_same_style_is_not(model: Wan, drawn: Gallery) -> None:
    found = judge(model, drawn, shown(OTHER))
    assert not found.learned
    assert found.says == ""
    assert found.pdq.value > pdq.MATCH
    assert found.embedding.value < 0.9


def test_plain_pictures_are_left_to_the_embedding(model: Wan) -> None:
    plain = gallery(model, [shown(each, "plain") for each in FOUR], [shown(OTHER, "plain")])
    found = judge(model, plain, shown(FOUR[0], "plain"))
    assert (found.pdq.value, found.pdq.share) == (None, 0.0)
    assert (found.learned, found.embedding.clip) == (True, "0.mp4")


def test_where_held_out_clips_come_as_near_nothing_is_claimed(model: Wan) -> None:
    twins = gallery(model, [shown(each) for each in FOUR], [shown(FOUR[0]), shown(FOUR[1])])
    assert twins.alike == 1.0
    found = judge(model, twins, shown(FOUR[0]))
    assert not found.learned
    assert "too alike to tell a copy" in found.says


def test_clips_of_another_size_are_compared_too(model: Wan) -> None:
    wide = [np.asarray([Image.fromarray(frame).resize((40, 24)) for frame in shown(each)], np.uint8) for each in FOUR]
    mixed = gallery(model, wide, [shown(OTHER)])
    assert judge(model, mixed, shown(FOUR[3])).pdq.clip == "3.mp4"


def test_a_still_has_one_moment(model: Wan) -> None:
    stills = [render(scene(random.Random(index)), frames=1, size=32, style=BLUEPRINT) for index in range(3)]
    windows = [replace(window(f"{index}.png"), frames=1, fps=0.0) for index in range(2)]
    found = Gallery(windows, encoded(model, stills[:2]), encoded(model, stills[2:]))
    assert (judge(model, found, stills[1]).pdq.clip, judge(model, found, stills[1]).pdq.at) == ("1.png", 0.0)


def test_every_preview_of_the_custom_model_is_reported(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    ran = train(job_dict(steps=2, preview_every=1, sampling_steps=1), tmp_path / "out")
    told = ran.of("memorisation")
    assert [each["step"] for each in told] == [1, 2]
    assert [each["path"] for each in told] == [each["path"] for each in ran.of("preview") if each["which"] == "custom"]
    assert ran.manifest["memorisation"]["samples"] == told
    assert ran.manifest["memorisation"]["thresholds"]["pdq_bits"] == 31
    assert set(told[0]["embedding"]) == {"value", "share", "clip", "at"}


def test_a_run_that_only_repeats_its_clips_says_so(
    job_dict: Callable[..., Any], bases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is made to show, frame for frame, the first clip it was trained on."""
    clips: list[np.ndarray] = []
    honest = Wan.encode_clips

    def seen(model: Wan, frames: np.ndarray) -> torch.Tensor:
        if frames.any():
            clips.append(frames[0])
        return honest(model, frames)

    monkeypatch.setenv("FINETUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Wan, "encode_clips", seen)
    monkeypatch.setattr(Wan, "sample", lambda *_: clips[0] if clips else np.zeros((9, 32, 32, 3), np.uint8))
    told: list[Any] = []
    run(Job.from_dict(job_dict(steps=1)), tmp_path / "out", bases=bases, tell=told.append)
    (fact,) = [each.facts for each in told if each.event == "memorisation"]
    assert fact["learned"]
    assert "clips/neon-0" in fact["says"]
    assert "learned by heart" in (tmp_path / "out/models/README.md").read_text()


def test_a_person_at_a_terminal_reads_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(event("memorisation", "j", step=1, says="This preview looks learned by heart."))
    terminal.show(event("memorisation", "j", step=1, says=""))
    assert capsys.readouterr().err == "  This preview looks learned by heart.\n"
