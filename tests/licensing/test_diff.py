from dataclasses import fields, replace

from hypothesis import given, settings

from licensing.diff import differences
from licensing.terms import Terms
from tests.licensing.cases import GENEROUS, SWIFT, terms


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
    names = {field.name for field in fields(Terms)} - {"version"}
    assert {change.field for change in differences(before, after, "en")} == {
        name for name in names if getattr(before, name) != getattr(after, name)
    }


def test_what_older_terms_did_not_say_is_told_so() -> None:
    (change,) = differences(replace(SWIFT, version=1, priority=False, concurrent_trainings=None), replace(SWIFT, priority=False), "en")
    assert (change.field, change.before) == ("concurrent_trainings", "These terms do not say how many trainings may be at work at once.")
    assert change.after.startswith("Up to 3 trainings")
