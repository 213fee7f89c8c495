"""Drawn clips show what their captions say."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finetune.data import drawn
from finetune.data.draw import draw
from finetune.recipe import textures

PLAIN = drawn.Scene("circle", "red", "moving right", "dark", 0.3, 0.0, 0.0, 1.0)


def centre(frame: np.ndarray, ground: np.ndarray) -> tuple[float, float, int]:
    """Mean x and y of what differs from the ground, and how many pixels do."""
    rows, columns = np.nonzero(np.abs(frame.astype(int) - ground).sum(-1) > 120)
    return float(columns.mean()), float(rows.mean()), len(rows)


@pytest.mark.parametrize(
    ("motion", "dx", "dy"), [("moving right", 1, 0), ("moving left", -1, 0), ("moving up", 0, -1), ("moving down", 0, 1), ("growing", 0, 0)]
)
def test_it_moves_as_the_caption_says(motion: str, dx: int, dy: int) -> None:
    frames = drawn.render(replace(PLAIN, motion=motion), frames=9, size=64)
    x0, y0, n0 = centre(frames[0], frames[0][0, 0])
    x1, y1, n1 = centre(frames[-1], frames[0][0, 0])
    assert (round((x1 - x0) / 32), round((y1 - y0) / 32)) == (dx, dy)
    assert (n1 > 2 * n0) == (motion == "growing")


@pytest.mark.parametrize("colour", drawn.COLOURS)
def test_it_has_the_colour_of_the_caption(colour: str) -> None:
    frame = drawn.render(replace(PLAIN, colour=colour), frames=9, size=64)[4]
    assert np.abs(frame[32, 32] / 255 - drawn.COLOURS[colour]).max() < 0.01


def test_captions_say_all_four_and_are_known_beforehand() -> None:
    rng = random.Random(0)
    known = set(drawn.captions())
    assert len(known) == 3 * 4 * 5 * 2
    assert {drawn.scene(rng).caption for _ in range(500)} <= known
    assert PLAIN.caption == "a red circle moving right on a dark background"


def test_styles_do_not_look_alike() -> None:
    plain, neon, blueprint = (drawn.render(PLAIN, frames=1, size=64, style=style).astype(int) for style in ("plain", "neon", "blueprint"))
    assert min(np.abs(plain - neon).mean(), np.abs(plain - blueprint).mean(), np.abs(neon - blueprint).mean()) > 20


def test_the_same_seed_draws_the_same_clips(tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw(tmp_path / name, count=2, style="neon", seed=5, size=32, seconds=1)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert sorted(path.suffix for path in (tmp_path / "a").iterdir()) == [".mp4", ".mp4", ".txt", ".txt"]


def test_textures_move_and_differ() -> None:
    grains = np.random.default_rng(0)
    clips = [textures.clip(grains, frames=9, size=32).astype(int) for _ in range(12)]
    assert all(clip.shape == (9, 32, 32, 3) for clip in clips)
    assert len({clip.tobytes() for clip in clips}) == 12
    assert np.mean([np.abs(clip[0] - clip[-1]).mean() for clip in clips]) > 2
