"""A copy is recognised by its mark through what people do to files; an innocent copy is not accused."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from finetune import fingerprint
from finetune.fingerprint import Host, Layers

KEY = bytes(range(32))
COPIES = [f"hnd_{number}" for number in range(500)]
GUILTY = COPIES[123]
SURE = 7.0


def adapter(seed: int, *, layers: int = 12, out: int = 256, into: int = 192, rank: int = 16) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """With the fast falling spectrum that trained adapters have."""
    rng = np.random.default_rng(seed)
    strong = (1 / np.arange(1, rank + 1)).astype(np.float32)
    return {
        f"blocks.{index}": (
            rng.standard_normal((out, rank), np.float32) * strong,
            rng.standard_normal((rank, into), np.float32) / math.sqrt(into),
        )
        for index in range(layers)
    }


@pytest.fixture(scope="module")
def kept() -> Host:
    return fingerprint.host(adapter(0))


@pytest.fixture(scope="module")
def copy(kept: Host) -> Layers:
    return fingerprint.mark(kept, KEY, GUILTY)


def difference(one: Layers, other: Layers) -> float:
    apart = sum(np.sum((one[name][0] @ one[name][1] - other[name][0] @ other[name][1]) ** 2) for name in one)
    return math.sqrt(apart / sum(np.sum((b @ a) ** 2) for b, a in one.values()))


def test_a_copy_differs_by_what_was_asked_for_and_two_copies_differ(kept: Host, copy: Layers) -> None:
    assert difference(adapter(0), copy) == pytest.approx(fingerprint.strength(kept), rel=0.05)
    assert difference(copy, fingerprint.mark(kept, KEY, COPIES[1])) > fingerprint.strength(kept) / 2
    assert difference(copy, fingerprint.mark(kept, KEY, GUILTY)) == 0.0


def test_a_small_adapter_is_marked_more_strongly_than_a_large_one_within_bounds(kept: Host) -> None:
    large = fingerprint.host(adapter(1, layers=2, out=8192, into=8192, rank=128))
    assert fingerprint.strength(large) == pytest.approx(fingerprint.STRENGTH, rel=0.05)
    assert fingerprint.STRENGTH < fingerprint.strength(kept) <= fingerprint.STRONGEST


def noisy(b: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    return tuple(each + 0.2 * each.std() * rng.standard_normal(each.shape, np.float32) for each in (b, a))  # type: ignore[return-value]


def untouched(b: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return b, a


def rounded(b: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return b.astype(np.float16).astype(np.float32), a.astype(np.float16).astype(np.float32)


def rotated(b: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Other factors of the same product."""
    change = np.random.default_rng(5).standard_normal((a.shape[0], a.shape[0])).astype(np.float32)
    return b @ change, np.linalg.solve(change, a).astype(np.float32)


def pruned(b: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.where(np.abs(each) < np.quantile(np.abs(each), 0.3), np.float32(0), each) for each in (b, a))  # type: ignore[return-value]


def resized(b: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u, s, v = np.linalg.svd(b @ a, full_matrices=False)
    return (u[:, :8] * s[:8]).astype(np.float32), v[:8].astype(np.float32)


@pytest.mark.parametrize("attack", [untouched, rounded, rotated, pruned, noisy, resized])
def test_the_guilty_copy_is_found_and_nobody_else(kept: Host, copy: Layers, attack: Callable[..., tuple[np.ndarray, np.ndarray]]) -> None:
    found = fingerprint.trace(kept, KEY, {name: attack(b, a) for name, (b, a) in copy.items()}, COPIES)
    (first, score), (_, second) = found.scores[:2]
    assert first == GUILTY and score > SURE > second
    assert found.chance(score) < 1e-6


def test_two_who_mix_their_copies_are_both_found(kept: Host, copy: Layers) -> None:
    other = fingerprint.mark(kept, KEY, COPIES[7])
    mixed = {name: (np.concatenate([b, other[name][0]], 1) / 2, np.concatenate([a, other[name][1]])) for name, (b, a) in copy.items()}
    found = fingerprint.trace(kept, KEY, mixed, COPIES)
    assert {name for name, score in found.scores if score > SURE} == {GUILTY, COPIES[7]}


def test_an_unmarked_file_and_another_adapter_accuse_nobody(kept: Host) -> None:
    for innocent in (adapter(0), adapter(99)):
        found = fingerprint.trace(kept, KEY, innocent, COPIES)
        assert found.scores[0][1] < SURE and found.chance(found.scores[0][1]) > 1e-3


def test_another_key_finds_nothing(kept: Host, copy: Layers) -> None:
    assert fingerprint.trace(kept, bytes(32), copy, COPIES).scores[0][1] < SURE


def test_a_part_of_the_layers_is_enough_and_the_count_is_told(kept: Host, copy: Layers) -> None:
    some = {name: copy[name] for name in list(copy)[:4]} | {"elsewhere": copy["blocks.5"]}
    found = fingerprint.trace(kept, KEY, some, COPIES)
    assert found.scores[0][0] == GUILTY and (found.layers, found.known) == (4, 12)


def test_a_file_without_any_known_layer_scores_nothing(kept: Host, copy: Layers) -> None:
    found = fingerprint.trace(kept, KEY, {"elsewhere": copy["blocks.0"]}, COPIES)
    assert found.layers == 0 and all(score == 0 for _, score in found.scores)
    assert found.chance(0.0) == 1.0


def test_a_short_key_is_refused(kept: Host) -> None:
    with pytest.raises(ValueError):
        fingerprint.mark(kept, b"short", GUILTY)


def test_the_mark_is_the_same_for_good() -> None:
    """Copies are traced years later: what the key draws may never change."""
    signs, chips = fingerprint._spread(KEY, "blocks.0.U", 6)
    assert signs.tolist() == [-1, -1, 1, 1, -1, 1] and chips.tolist() == [715, 525, 280, 279, 179, 5]
