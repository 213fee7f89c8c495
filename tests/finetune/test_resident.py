"""Bases stay in memory between jobs, and only as many as asked."""

import pytest

from finetune import families
from finetune.running.resident import Resident


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def load(_family: str, path: str, dtype: str | None) -> str:
        found.append(path if dtype == "float32" else f"{path} in {dtype}")
        return f"model of {path}"

    monkeypatch.setattr(families, "load", load)
    return found


def test_the_same_digest_is_loaded_once_wherever_it_lies(loaded: list[str]) -> None:
    resident = Resident()
    assert resident.get("wan", "/a", "sha256:1") is resident.get("wan", "/b", "sha256:1")
    assert loaded == ["/a"]


def test_another_precision_is_another_base(loaded: list[str]) -> None:
    resident = Resident()
    for dtype in (None, "float32", "bfloat16"):
        resident.get("wan", "/a", "sha256:1", dtype)
    assert loaded == ["/a", "/a in bfloat16"]


def test_the_one_used_longest_ago_makes_room(loaded: list[str]) -> None:
    resident = Resident(most=2)
    for path, digest in (("/a", "1"), ("/b", "2"), ("/a", "1"), ("/c", "3"), ("/a", "1"), ("/b", "2")):
        resident.get("wan", path, digest)
    assert loaded == ["/a", "/b", "/c", "/b"]
