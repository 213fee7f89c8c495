"""Version 2 of the licence text in English: version 1 and the clauses on the line that trainings wait in. It is never edited."""

from licensing.terms import Terms
from licensing.texts import deed_1_en as before
from licensing.texts.deed import Clause, Deed, either, if_trained, put_behind


def at_once(terms: Terms) -> str:
    if terms.concurrent_trainings is None:
        return "These terms do not say how many trainings may be at work at once."
    if terms.concurrent_trainings == 1:
        return "One training under this licence may be at work at a time. The others wait until it is over."
    return f"Up to {before._number(terms.concurrent_trainings)} trainings under this licence may be at work at once. The others wait."


LANE = either(
    "priority",
    "Your trainings wait in the priority lane: workers take from it before the ordinary line, at most three times in a row. "
    "Within the lane it goes round between those who have it.",
    "Your trainings wait in the ordinary line, where it goes round between all who wait. "
    "Trainings in the priority lane may be taken before.",
)
CLAUSES = put_behind(
    "max_clips",
    before.CLAUSES,
    Clause("concurrent_trainings", "Trainings at once", if_trained(at_once, before.NO_TRAINING)),
    Clause("priority", "Priority lane", if_trained(LANE, before.NO_TRAINING)),
)


def summary(terms: Terms) -> tuple[list[str], list[str]]:
    may, may_not = before.summary(terms)
    if terms.may_train:
        (may if terms.priority else may_not).append("Have your trainings taken from the priority lane")
        many = terms.concurrent_trainings
        if many is not None:
            may.append(
                "Have one training at work at a time" if many == 1 else f"Have up to {before._number(many)} trainings at work at once"
            )
    return may, may_not


DEED = Deed(title=before.DEED.title, head=before.DEED.head, clauses=CLAUSES, summary=summary)
