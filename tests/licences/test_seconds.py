"""Training seconds: granted, put on hold, captured, released, given back."""

from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atelier.kit.refused import Refused
from atelier.ledger import queries as ledger
from atelier.ledger.models import Kind, Unit
from atelier.licences import actions, queries
from atelier.licences.models import Licence
from atelier.licences.queries import Seconds
from tests.world import World

pytestmark = pytest.mark.django_db


def held(training: UUID) -> int:
    return ledger.balance(Kind.HELD, Unit.SECONDS, training)


def test_a_grant_brings_the_seconds_of_its_terms(licence: Licence) -> None:
    assert queries.seconds(licence) == Seconds(granted=3600, left=3600, held=0, spent=0)
    assert queries.untouched(licence)


def test_a_training_holds_captures_and_releases(licence: Licence) -> None:
    training = uuid4()
    actions.reserve(licence=licence, training=training, seconds=1000)
    assert queries.seconds(licence) == Seconds(granted=3600, left=2600, held=1000, spent=0)
    actions.capture(training=training, seconds=400, key="step-10")
    assert queries.seconds(licence) == Seconds(granted=3600, left=2600, held=600, spent=400)
    assert actions.release(licence=licence, training=training) == 600
    assert queries.seconds(licence) == Seconds(granted=3600, left=3200, held=0, spent=400)
    assert not queries.untouched(licence)


def test_a_failure_of_ours_costs_nothing(licence: Licence) -> None:
    training = uuid4()
    actions.reserve(licence=licence, training=training, seconds=1000)
    actions.capture(training=training, seconds=400, key="step-10")
    assert actions.release(licence=licence, training=training) == 600
    assert actions.reverse(licence=licence, training=training) == 400
    assert queries.seconds(licence) == Seconds(granted=3600, left=3600, held=0, spent=0)


def test_a_checkpoint_is_captured_once(licence: Licence) -> None:
    training = uuid4()
    actions.reserve(licence=licence, training=training, seconds=1000)
    for _ in range(3):
        actions.capture(training=training, seconds=400, key="step-10")
    assert held(training) == 600


def test_a_training_reserves_once(licence: Licence) -> None:
    training = uuid4()
    for _ in range(3):
        actions.reserve(licence=licence, training=training, seconds=1000)
    assert queries.seconds_left(licence) == 2600


def test_it_refuses_when_the_allowance_is_spent(licence: Licence) -> None:
    with pytest.raises(Refused) as refused:
        actions.reserve(licence=licence, training=uuid4(), seconds=3601)
    assert (refused.value.code, refused.value.extra) == ("ALLOWANCE_SPENT", {"clause": "training_seconds"})
    assert queries.seconds_left(licence) == 3600


def test_more_than_is_on_hold_is_never_captured(licence: Licence) -> None:
    training = uuid4()
    actions.reserve(licence=licence, training=training, seconds=10)
    with pytest.raises(Refused, match="balance_short"):
        actions.capture(training=training, seconds=11, key="done")
    assert held(training) == 10


def test_releasing_what_was_never_held_gives_nothing(licence: Licence) -> None:
    assert (actions.release(licence=licence, training=uuid4()), actions.reverse(licence=licence, training=uuid4())) == (0, 0)


def test_two_trainings_do_not_touch_each_others_seconds(licence: Licence) -> None:
    one, other = uuid4(), uuid4()
    for training in (one, other):
        actions.reserve(licence=licence, training=training, seconds=100)
    actions.release(licence=licence, training=one)
    assert (held(one), held(other)) == (0, 100)


def test_seconds_of_another_licence_are_not_counted(licence: Licence, world: World) -> None:
    actions.reserve(licence=world.licence(), training=uuid4(), seconds=100)
    assert queries.seconds(licence).held == 0


DEEDS = st.lists(
    st.tuples(st.sampled_from(["reserve", "capture", "release", "reverse"]), st.integers(0, 2), st.integers(0, 2000)), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS)
def test_any_sequence_of_deeds_keeps_the_books(licence: Licence, deeds: list[tuple[str, int, int]]) -> None:
    trainings = [uuid4() for _ in range(3)]
    point = transaction.savepoint()
    for number, (verb, place, seconds) in enumerate(deeds):
        training = trainings[place]
        try:
            match verb:
                case "reserve":
                    actions.reserve(licence=licence, training=training, seconds=seconds)
                case "capture":
                    actions.capture(training=training, seconds=seconds, key=str(number))
                case "release":
                    actions.release(licence=licence, training=training)
                case "reverse":
                    actions.reverse(licence=licence, training=training)
        except Refused as no:
            assert no.code in ("ALLOWANCE_SPENT", "balance_short")
        except ValueError as again:  # a training reserves, and is given back, once; the books stay as they were
            assert "posted with other moves" in str(again)
    now = queries.seconds(licence)
    assert now.granted == 3600
    assert min(now.left, now.held, now.spent) >= 0
    assert not ledger.unbalanced().exists()
    assert not ledger.astray().exists()
    transaction.savepoint_rollback(point)
