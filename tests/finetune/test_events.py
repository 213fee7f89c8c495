"""The lines an engine speaks in."""

import json

import pytest

from finetune.events import event, parse, rounded


def test_a_line_always_says_event_job_and_when() -> None:
    line = event("step", "trn_1", step=1, steps=2).line
    found = json.loads(line)
    assert (found["event"], found["job"], found["step"]) == ("step", "trn_1", 1)
    assert found["at"].endswith("Z")
    assert "\n" not in line


def test_what_is_no_number_never_reaches_a_line() -> None:
    with pytest.raises(ValueError, match="JSON"):
        _ = event("step", "trn_1", loss=float("nan")).line


def test_a_name_off_the_list_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no such event"):
        event("stepp", "trn_1")


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"event": "dance"}', "Loading weights: 100%"])
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"not an event|Expecting value"):
        parse(line)


def test_numbers_are_short_on_the_wire() -> None:
    assert rounded(0.123456789) == 0.123457
