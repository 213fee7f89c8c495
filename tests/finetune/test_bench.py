"""The bench: what it says is judged from its rounds, and its two sides do the same work."""

from pathlib import Path

import pytest
import torch

from finetune.bench import arms as bench
from finetune.bench import marks, speed
from finetune.bench import runs as bench_runs
from finetune.bench.sides import Bench, Sizes, exactness
from finetune.estimate import Estimate
from finetune.exits import BadJob
from finetune.job import Job


@pytest.fixture(scope="module")
def sides(tiny: Path) -> Bench:
    return Bench.tiny(tiny)


def test_a_ratio_is_the_median_of_its_rounds_and_shows_their_spread() -> None:
    arm = bench._judged("a", "b", [(2.0, 1.0), (3.0, 1.0), (9.0, 1.0)], 3.5)
    assert (arm.ratio, arm.low, arm.high, arm.n, arm.status) == (3.0, 2.0, 9.0, 3, "short")
    assert bench._judged("a", "b", [(4.0, 1.0)], 3.5).status == "ok"


def test_the_round_that_warms_up_does_not_count() -> None:
    calls: list[str] = []
    rounds = bench.interleaved(lambda: calls.append("plain"), lambda: calls.append("ours"), 2)
    assert len(rounds) == 2
    assert calls == ["plain", "ours"] * 3


def test_a_second_run_is_measured_on_the_same_clips_and_base(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Job] = []

    def seconds(_room: Path, job: Job, _bases: object) -> dict[str, float]:
        ran.append(job)
        return {"encode": 4.0 / len(ran)}

    monkeypatch.setattr(bench_runs.trial, "seconds", seconds)
    assert bench_runs.second_encode(tiny, seed=0) == 0.667
    _, first, second = ran
    assert (first.dataset, first.base) == (second.dataset, second.base)
    assert first.digest != second.digest


def test_an_estimate_holds_when_the_job_ends_within_its_interval(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Estimate(seconds=10, seconds_low=6, seconds_high=17, memory_bytes=1, tokens_per_step=1)
    assert [bench_runs.Foretold(said, seconds).held for seconds in (5.9, 6, 17, 17.1)] == [False, True, True, False]
    monkeypatch.setattr(bench_runs, "foretold", lambda *_: [bench_runs.Foretold(said, seconds) for seconds in (8, 12, 20)])
    (arm,) = bench._intervals(tiny, True)
    assert (arm.ratio, arm.n, arm.status) == (0.667, 3, "short")
    assert arm.why == "took 0.80 to 2.00 times the estimate, whose interval goes from 0.60 to 1.70 times it"


def test_the_jobs_that_estimates_are_tried_on_differ(tiny: Path, tmp_path: Path) -> None:
    jobs = list(bench_runs._jobs(tiny, tmp_path, 3))
    assert len({(job.knobs, job.dataset.root) for job in jobs}) == 3


def test_operations_are_those_of_the_layers_and_of_attention(sides: Bench) -> None:
    """By hand: the tiny base has 4 blocks of width 192 with a hidden layer of 768, and reads 24 tokens of text."""
    tokens, text, width, hidden, rank = 80, 24, 192, 768, 16
    square, wide = 4 * width**2 + 6 * rank * 2 * width, 4 * width * hidden + 6 * rank * (width + hidden)
    read = 2 * width**2 + 6 * rank * 2 * width
    block = tokens * (6 * square + 2 * wide) + 2 * text * read + 12 * width * (tokens**2 + tokens * text)
    assert speed.operations(sides, Sizes(1, frames=5, side=8)) == 4 * block
    assert speed.operations(sides, Sizes(8, frames=5, side=8)) == 8 * 4 * block


def test_compiling_pays_when_what_it_saves_comes_to_what_it_took() -> None:
    assert speed.Compiled(30.0, [(4.0, 3.0, 2.0), (4.0, 3.5, 2.0), (4.0, 2.5, 2.0)]).worth == 30
    assert speed.Compiled(30.0, [(4.0, 2.0, 2.0)]).worth is None


def test_a_step_reaches_a_share_of_the_peak(sides: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "EDGE", {"cpu": 64})
    assert speed.share(sides, Sizes(1, frames=3, side=8)) > 0
    assert speed.peak("cpu", torch.float32) > 0


def test_arms_that_cannot_be_measured_here_say_why(tiny: Path) -> None:
    arms = [*bench._on_a_gpu(tiny, True), *bench._compiled(tiny, True)]
    assert arms
    assert all(arm.status == "skipped" and arm.why and arm.ratio is None for arm in arms)
    assert all(bench.row(arm).startswith("skipped ") and arm.name in bench.row(arm) for arm in arms)


def test_parts_are_measured_on_their_own_and_a_wrong_name_is_told_the_right_ones(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arm = bench._left_out("a", "b", 1.0, "not here")
    monkeypatch.setattr(bench.allocator, "keep_large_blocks", bool)
    told: list[bench.Arm] = []
    monkeypatch.setattr(bench, "PARTS", {"one": lambda *_: [arm], "two": lambda *_: [arm, arm]})
    bench.measure(tiny, quick=True, tell=told.append)
    assert told == [arm, arm, arm]
    assert [len(bench.measure(tiny, quick=True, only=names)["arms"]) for names in (["one"], ["two"], [])] == [1, 2, 3]
    with pytest.raises(BadJob, match="no part three; it has one, two"):
        bench.measure(tiny, quick=True, only=["one", "three"])


def test_both_sides_train_the_same_layers(sides: Bench) -> None:
    plain, ours = sides.plain(Sizes(1, 3, 8)), sides.ours(Sizes(2, 3, 8))
    plain()
    ours()
    sides.clear()
    assert len(sides.layers) == 40
    assert sides.width(Sizes(8, 5, 8)) == 8
    assert sides.width(Sizes(8, 6, 16)) == 4


def test_both_sides_end_at_the_same_weights(tiny: Path) -> None:
    assert exactness(tiny, torch.float32, steps=4) < 1e-3


def test_the_naive_loop_and_the_whole_run_take_as_many_steps_as_asked(sides: Bench) -> None:
    for work in (sides.naive_run, sides.whole_run):
        work(2)
    assert not [name for name, _ in sides.wan.pipeline.transformer.named_modules() if name.endswith(".linear")]


def test_a_marked_copy_of_a_trained_adapter_is_told_from_two_thousand_others(sides: Bench) -> None:
    taught = marks.Taught(sides, steps=4)
    first = next(iter(taught.found()))
    assert first.guilty > marks.GOAL > first.innocent
    assert taught.trained.custom < taught.trained.base
    assert taught.cost() < marks.COST * 10
