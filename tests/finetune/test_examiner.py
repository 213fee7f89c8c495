"""Who judges the tiny base: reading captions back from clips, and the style score."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from finetune.cli import main
from finetune.data import drawn
from finetune.recipe import reading, report, style

SIZE, FRAMES = 32, 9


def clips(how: str, count: int, seed: int = 5) -> list[np.ndarray]:
    rng = random.Random(seed)
    return [drawn.render(drawn.scene(rng), frames=FRAMES, size=SIZE, style=how) for _ in range(count)]


def test_the_examiner_reads_what_was_really_drawn() -> None:
    right = reading.accuracy(11, 120, frames=FRAMES, size=SIZE)
    assert all(share >= 0.98 for share in right.values()), right


def test_it_still_reads_through_noise_and_blur() -> None:
    rng, grain = random.Random(2), np.random.default_rng(2)
    readings = []
    for _ in range(60):
        scene = drawn.scene(rng)
        clip = drawn.render(scene, frames=FRAMES, size=SIZE).astype(float)
        blurred = (clip + np.roll(clip, 1, 1) + np.roll(clip, 1, 2)) / 3 + grain.normal(0, 10, clip.shape)
        readings.append((reading.read(blurred.clip(0, 255).astype(np.uint8)), scene.caption))
    assert all(share >= 0.9 for share in reading.shares(readings).values())


def test_an_empty_clip_shows_a_background_and_nothing_else() -> None:
    found = reading.read(np.full((FRAMES, SIZE, SIZE, 3), 20, np.uint8))
    assert (found.colour, found.background, found.shape, found.motion) == (None, "dark", None, None)
    assert sum(found.fits("a red circle growing on a dark background").values()) == 1


def test_the_wrong_clip_does_not_fit_its_caption() -> None:
    rng = random.Random(4)
    first = drawn.scene(rng)
    found = reading.read(drawn.render(first, frames=FRAMES, size=SIZE))
    others = [
        caption
        for caption in drawn.captions()
        if not any(word in caption.split() for word in (first.colour, first.shape, first.background))
    ]
    assert others and all(not found.fits(caption)["colour"] and not found.fits(caption)["shape"] for caption in others)


def test_one_motion_of_every_look_is_kept_from_the_base() -> None:
    unseen = drawn.held_out()
    assert len(set(unseen)) == 24 and set(unseen) < set(drawn.captions())
    assert {motion for motion in drawn.MOTIONS if any(motion in caption for caption in unseen)} == set(drawn.MOTIONS)
    assert [caption for caption, _ in report.prompts(48)] == unseen * 2
    assert len({seed for _, seed in report.prompts(200)}) == 200


@pytest.mark.parametrize("how", ["neon", "blueprint"])
def test_the_style_score_is_nought_for_plain_clips_and_one_in_the_style(how: str) -> None:
    judge = style.judge(how, frames=FRAMES, size=SIZE)
    plain, styled = ([judge.score(clip) for clip in clips(name, 40)] for name in ("plain", how))
    assert abs(np.mean(plain)) < 0.1 and abs(np.mean(styled) - 1) < 0.1
    assert style.effect(plain, styled) > 2


def test_the_style_score_sees_no_difference_where_there_is_none() -> None:
    judge = style.judge("neon", frames=FRAMES, size=SIZE)
    first, second = ([judge.score(clip) for clip in clips("plain", 40, seed)] for seed in (7, 8))
    assert abs(style.effect(first, second)) < 1


def test_a_report_measures_the_base_and_shows_it(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["base", "report", str(tiny), "--out", str(tmp_path), "--prompts", "2"]) == 0
    written = json.loads((tmp_path / "report.json").read_text())
    assert written == json.loads(capsys.readouterr().out)
    assert written["captions"]["prompts"] == 2 and set(written["captions"]["measured"]) == set(reading.FIELDS)
    assert written["psnr_db"]["measured"]["drawn"] > 15
    assert (tmp_path / "sheet.png").stat().st_size > 1000
