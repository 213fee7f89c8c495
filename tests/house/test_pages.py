import re
from pathlib import Path

import pytest

from .tree import ROOT, python

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Held by"]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def test_the_page_on_training_states_is_up_to_date() -> None:
    printed = python("docs/training_states.py")
    assert printed.stdout == (ROOT / "docs" / "training-states.md").read_text(), "python docs/training_states.py > docs/training-states.md"


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_one_quotable_line_held_by_a_check_that_exists(page: Path) -> None:
    text = page.read_text()
    parts = dict(zip(re.findall(r"^## (.*)$", text, re.MULTILINE), re.split(r"^## .*$", text, flags=re.MULTILINE)[1:], strict=True))
    assert list(parts) == PARTS
    assert len(re.findall(r"^> ", parts["Decision"], re.MULTILINE)) == 1
    checks = [ROOT / name for name in re.findall(r"`([\w/.]+)`", parts["Held by"])]
    assert checks and not [check for check in checks if not check.is_file() and not list(check.glob("test_*.py"))]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_no_link_leads_nowhere(page: str) -> None:
    assert not [target for target in LINK.findall((ROOT / page).read_text()) if not (ROOT / target).exists()]


def test_the_licence_is_complete() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text and "9. Accepting Warranty or Additional Liability." in text and "END OF TERMS" in text
