"""Which jobs share a pass: a rule that can be read off its examples."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from finetune.job import Job
from finetune.planning.group import Candidate, Limits, candidate, groups, memory
from finetune.planning.plan import prepare

SMALL = Candidate("a", "sha256:1", ("q", "k"), frozenset({(9, 32, 32, 1)}), rank=8, tokens=80, adapter=1000)
LIMITS = Limits(tokens=1536, jobs=8)


def named(count: int, like: Candidate = SMALL) -> list[Candidate]:
    return [replace(like, job=f"job{index}") for index in range(count)]


def sizes(candidates: list[Candidate], limits: Limits = LIMITS) -> list[int]:
    return [len(group) for group in groups(candidates, limits)]


def test_jobs_alike_train_together_up_to_the_most_that_may() -> None:
    assert sizes(named(8)) == [8]
    assert sizes(named(11)) == [8, 3]


@pytest.mark.parametrize(
    "other",
    [
        {"base": "sha256:2"},
        {"layers": ("q",)},
        {"shapes": frozenset({(9, 32, 64, 1)})},
        {"shapes": frozenset({(5, 32, 32, 1)})},
        {"shapes": frozenset({(9, 32, 32, 2)})},
        {"rank": 33},
        {"job": "a"},
    ],
)
def test_jobs_that_differ_in_what_a_pass_shares_do_not(other: dict[str, Any]) -> None:
    assert sizes([SMALL, replace(SMALL, **{"job": "b", **other})]) == [1, 1]


def test_a_lower_rank_is_padded_when_it_is_not_much_lower() -> None:
    assert sizes([SMALL, replace(SMALL, job="b", rank=32)]) == [2]
    assert sizes([SMALL, replace(SMALL, job="b", rank=16), replace(SMALL, job="c", rank=2), replace(SMALL, job="d", rank=64)]) == [2, 1, 1]


def test_a_job_of_stills_and_clips_changes_its_shape_and_goes_alone() -> None:
    mixed = replace(SMALL, shapes=frozenset({(9, 32, 32, 1), (1, 32, 32, 1)}))
    assert sizes(named(2, mixed)) == [1, 1]


@pytest.mark.parametrize(("tokens", "expected"), [(48, [8]), (384, [4, 4]), (768, [2, 2, 2, 2]), (1000, [1] * 8), (33_000, [1] * 8)])
def test_the_more_tokens_a_job_has_the_fewer_go_together(tokens: int, expected: list[int]) -> None:
    assert sizes(named(8, replace(SMALL, tokens=tokens))) == expected


def test_a_group_is_no_larger_than_memory_allows() -> None:
    limits = replace(LIMITS, memory_token=1000, memory=3 * (80 * 1000 + 16 * 1000))
    assert sizes(named(8), limits) == [3, 3, 2]
    assert memory(named(3), limits) == limits.memory


def test_memory_counts_what_a_rank_is_padded_to() -> None:
    assert memory([SMALL, replace(SMALL, job="b", rank=16, adapter=2000)], Limits()) == 16 * 4000


def test_groups_keep_the_order_of_arrival_and_lose_nobody() -> None:
    kinds = [SMALL, replace(SMALL, base="sha256:2")]
    arriving = [replace(kinds[index % 2], job=str(index)) for index in range(7)]
    assert [[each.job for each in group] for group in groups(arriving, LIMITS)] == [["0", "2", "4", "6"], ["1", "3", "5"]]


def test_a_plan_says_all_that_the_rule_asks(job_dict: Callable[..., Any]) -> None:
    found = candidate(prepare(Job.from_dict(job_dict())))
    assert found.job == "trn_test"
    assert found.shapes == frozenset({(9, 32, 32, 2)})
    assert (found.rank, found.tokens, len(found.layers)) == (4, 160, 40)
    assert found.adapter == 4 * 4 * (8 * (192 + 192) - 2 * (192 - 192) + 2 * (192 + 768))
