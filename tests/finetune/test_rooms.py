"""The engine is a house with rooms: what outsiders name stands at the door, all else in a folder that says what it is for."""

import ast
from pathlib import Path

import pytest

import finetune

HOUSE = Path(finetune.__file__).parent
AT_THE_DOOR = {"job", "events", "exits", "manifest", "estimate", "fingerprint", "suspect", "cli", "heavy", "__init__", "__main__"}
ROOMS = sorted(path.parent for path in HOUSE.glob("*/__init__.py"))


def test_only_what_outsiders_name_stands_at_the_door() -> None:
    assert {path.stem for path in HOUSE.glob("*.py")} == AT_THE_DOOR


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_in_a_sentence_what_it_is_for_and_the_page_names_it(room: Path) -> None:
    sentence = ast.get_docstring(ast.parse((room / "__init__.py").read_text()))
    assert sentence and sentence.endswith(".")
    assert f"`finetune/{room.name}/`" in (HOUSE.parent / "docs" / "engine.md").read_text()
