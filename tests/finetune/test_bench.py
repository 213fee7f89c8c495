"""The bench: what it says is judged from its rounds, and its two sides do the same work."""

from pathlib import Path

import pytest
import torch

from finetune import bench
from finetune.benches import Bench, Sizes, exactness


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


def test_arms_that_do_not_exist_yet_say_why(tiny: Path) -> None:
    arms = list(bench._not_yet(tiny, True))
    assert arms
    assert all(arm.status == "skipped" and arm.why and arm.ratio is None for arm in arms)
    assert "skipped" in bench.table({"arms": [vars(arm) for arm in arms]})


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
