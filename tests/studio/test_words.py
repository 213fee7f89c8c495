"""What is chosen in the room is called by words, not by codes."""

from atelier.studio import told, words
from atelier.studio.forms import LogForm


def test_every_deed_of_the_log_is_chosen_by_its_words() -> None:
    assert set(told.SENTENCES) <= set(words.DEEDS)
    every, *groups = LogForm({}).fields["action"].choices  # type: ignore[attr-defined]
    labels = [str(title) for title, _ in groups] + [str(label) for _, choices in groups for _, label in choices]
    assert every[0] == "" and labels
    assert [label for label in labels if "." in label or "_" in label] == []


def test_a_deed_that_is_new_is_named_as_it_is() -> None:
    assert words.deed("comet.seen") == "comet.seen"
