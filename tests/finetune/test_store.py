"""What was encoded once is found again, and nothing else is."""

from pathlib import Path

import pytest
import torch

from finetune.data.store import Store, directory


def test_an_entry_is_made_once(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> torch.Tensor:
        made.append(1)
        return torch.arange(3.0)

    for _ in range(2):
        assert torch.equal(Store(tmp_path, "base").keep("text", "a cat", make), torch.arange(3.0))
    assert made == [1]


def test_another_base_or_another_key_shares_nothing(tmp_path: Path) -> None:
    Store(tmp_path, "base").put("latents", ["clip", 0.0], torch.zeros(1))
    assert Store(tmp_path, "base").get("latents", ["clip", 0.0]) is not None
    assert Store(tmp_path, "other").get("latents", ["clip", 0.0]) is None
    assert Store(tmp_path, "base").get("latents", ["clip", 1.0]) is None


def test_an_entry_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    store = Store(tmp_path, "base")
    store.put("text", "a", torch.zeros(100))
    path = store.path("text", "a")
    path.write_bytes(path.read_bytes()[:50])
    assert store.get("text", "a") is None
    assert torch.equal(store.keep("text", "a", lambda: torch.ones(2)), torch.ones(2))


def test_the_environment_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_CACHE", "/somewhere")
    assert directory(tmp_path / "out") == Path("/somewhere")
    monkeypatch.delenv("FINETUNE_CACHE")
    assert directory(tmp_path / "out") == tmp_path / "cache"
