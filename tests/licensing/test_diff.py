from dataclasses import replace

from hypothesis import given, settings

from licensing.diff import differences
from licensing.terms import Terms
from tests.licensing.cases import GENEROUS, terms


def test_a_change_is_told_in_the_words_of_the_licence() -> None:
    (change,) = differences(GENEROUS, replace(GENEROUS, max_rank=16), "en")
    assert (change.field, change.heading) == ("max_rank", "Largest rank")
    assert change.before == "A custom model may have a rank of at most 64."
    assert change.after == "A custom model may have a rank of at most 16."


def test_it_is_told_in_french_too() -> None:
    (change,) = differences(GENEROUS, replace(GENEROUS, may_merge=False), "fr")
    assert change.after.startswith("Vous ne pouvez fusionner")


@given(terms, terms)
@settings(max_examples=50)
def test_exactly_the_fields_that_differ_are_told(before: Terms, after: Terms) -> None:
    old, new = before.to_dict(), after.to_dict()
    assert {change.field for change in differences(before, after, "en")} == {name for name in old if old[name] != new[name]}
