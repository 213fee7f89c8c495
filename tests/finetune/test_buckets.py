"""Sizes that wide and upright clips train at, and what follows from them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.data import buckets
from finetune.data.draw import draw
from finetune.data.media import write_video
from finetune.data.seal import seal
from finetune.data.windows import schedule, split
from finetune.disk import weights
from finetune.estimate import Calibration, of_plan
from finetune.exits import BadJob
from finetune.job import Job, Knobs
from finetune.manifest import Clip
from finetune.planning.group import Limits, candidate, groups
from finetune.planning.plan import Plan, prepare

from .conftest import Ran

Make = Callable[..., dict[str, Any]]
KNOBS = Knobs(steps=1, rank=1, alpha=1, learning_rate=1e-3, batch_size=2, height=32, width=32, frames=9, fps=4.0, aspects=True)


def clip(name: str, width: int, height: int, frames: int = 240) -> Clip:
    kind, fps = ("video", 24.0) if frames > 1 else ("image", 0.0)
    return Clip(name, name.ljust(64, "0"), 10, "a cat", kind, width, height, frames, fps)


def test_the_sizes_of_a_small_and_of_a_real_job() -> None:
    assert buckets.sizes(32, 32, 8) == ((32, 32), (24, 40), (40, 24))
    assert buckets.sizes(480, 832, 16) == ((480, 832), (544, 720), (624, 640), (720, 544), (832, 480))


def test_a_job_that_does_not_ask_has_its_own_size_alone() -> None:
    assert buckets.of(replace(KNOBS, aspects=False), 8) == ((32, 32),)


@given(height=st.integers(2, 80), width=st.integers(2, 80), multiple=st.sampled_from([8, 16, 32]))
def test_no_size_is_larger_than_the_jobs_own_and_all_divide(height: int, width: int, multiple: int) -> None:
    height, width = height * multiple, width * multiple
    found = buckets.sizes(height, width, multiple)
    assert found[0] == (height, width)
    assert len(set(found)) == len(found) <= 1 + len(buckets.ASPECTS)
    for high, wide in found[1:]:
        assert (high % multiple, wide % multiple) == (0, 0)
        assert 4 * height * width <= 5 * high * wide <= 5 * height * width


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(1920, 1080, (480, 832)), (1080, 1920, (832, 480)), (640, 480, (544, 720)), (512, 512, (624, 640)), (3000, 1000, (480, 832))],
)
def test_a_clip_goes_to_the_size_of_its_shape(width: int, height: int, size: tuple[int, int]) -> None:
    assert buckets.nearest(buckets.sizes(480, 832, 16), height=height, width=width) == size


def test_square_clips_train_as_if_there_were_no_other_sizes() -> None:
    clips = tuple(clip(name, 64, 64) for name in "abcde")
    asked, plain = (split(clips, KNOBS, 3, buckets.of(replace(KNOBS, aspects=each), 8)) for each in (True, False))
    assert asked == plain


def test_a_step_stays_in_one_bucket_of_size_and_length() -> None:
    clips = (*(clip(f"wide{i}", 640, 360) for i in range(3)), *(clip(f"tall{i}", 360, 640) for i in range(3)), clip("still", 640, 360, 1))
    windows = split(clips, KNOBS, 0, buckets.of(KNOBS, 8)).train
    met = [{windows[index].shape for index in batch} for batch in schedule(windows, steps=60, batch_size=3, seed=0)]
    assert all(len(shapes) == 1 for shapes in met)
    assert set.union(*met) == {(9, 24, 40), (9, 40, 24), (1, 24, 40)}


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Path:
    """Two square clips, two wide ones."""
    folder = tmp_path_factory.mktemp("wide")
    draw(folder, count=2, style="neon", seed=1, size=64)
    for index in range(2):
        path = draw(folder / "drawn", count=2, style="neon", seed=index + 5, size=96)[index]
        _cropped(path, folder / f"wide-{index}.mp4")
    seal(folder, folder / "sealed")
    return folder / "sealed"


def _cropped(path: Path, into: Path) -> None:
    with av.open(str(path)) as container:
        frames = np.stack([frame.to_ndarray(format="rgb24")[24:72] for frame in container.decode(video=0)])
    write_video(into, frames, 16)
    into.with_suffix(".txt").write_text("a shape that moves")


def _plan(job_dict: Make, dataset: Path, **knobs: Any) -> Plan:
    root = json.loads((dataset / "manifest.json").read_text())["root"]
    return prepare(Job.from_dict(job_dict({"dataset": {"path": str(dataset), "root": root}, "previews": []}, **knobs)))


def test_the_estimate_counts_the_tokens_that_steps_really_have(job_dict: Make, wide: Path) -> None:
    plain, asked = (_plan(job_dict, wide, aspects=each) for each in (False, True))
    assert plain.mean_tokens == plain.tokens == asked.tokens == 160
    assert asked.mean_tokens == pytest.approx(2 * 5 * (sum(w.height * w.width for w in asked.split.train) / 64) / len(asked.split.train))
    assert asked.mean_tokens < asked.tokens
    seconds = [of_plan(each, Calibration.load_file()).seconds for each in (asked, replace(plain, job=replace(plain.job)))]
    assert seconds[0] <= seconds[1]


def test_a_job_of_several_sizes_takes_a_pass_of_its_own(job_dict: Make, wide: Path) -> None:
    jobs = [
        candidate(replace(plan, job=replace(plan.job, id=name)))
        for name, plan in zip("ab", [_plan(job_dict, wide, aspects=True)] * 2, strict=True)
    ]
    assert jobs[0].shapes == frozenset({(9, 32, 32, 2), (9, 24, 40, 2)})
    assert [len(group) for group in groups(jobs, Limits())] == [1, 1]


def test_wide_and_square_clips_train_and_are_kept_at_their_own_sizes(
    job_dict: Make, wide: Path, train: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_CACHE", str(tmp_path / "cache"))
    job = _plan(job_dict, wide, aspects=True, steps=4, batch_size=1).job
    ran = train(job.to_dict(), tmp_path / "out")
    kept = {tuple(weights.load(path)["value"].shape) for path in (tmp_path / "cache/latents").rglob("*.safetensors")}
    assert kept == {(16, 5, 8, 8), (16, 5, 6, 10)}
    assert ran.manifest["steps"] == 4


def test_aspects_are_asked_for_with_yes_or_no(job_dict: Make) -> None:
    with pytest.raises(BadJob, match=r"knobs\.aspects must be true or false, not 'yes'"):
        Job.from_dict(job_dict(aspects="yes"))
