"""Training under a seat of somebody else's licence: hers to use, theirs to take back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client

from atelier.kit.refused import Refused
from atelier.licences import seats, sharing
from atelier.licences.models import Licence, Seat
from atelier.licences.queries import seconds, seconds_left
from atelier.trainings import actions, drafting, queue, running
from atelier.trainings.models import Training
from atelier.trainings.states import TrainingState

from .real import Studio


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refused) as error, transaction.atomic():
        yield
    assert error.value.code == code


@pytest.fixture
def licence(real: Studio) -> Licence:
    """Carol's, who shares it."""
    return real.licence(holder=real.world.carol, seats=2)


@pytest.fixture
def seat(real: Studio, licence: Licence) -> Seat:
    """Bob's in it."""
    offer = sharing.offer(licence=licence, by=real.world.carol, email=real.world.bob.email, language="en")
    return sharing.take(seat=offer, by=real.world.bob)


def test_without_a_seat_nobody_trains_under_it(real: Studio, licence: Licence) -> None:
    with refused("holder_only"):
        real.quote(licence)
    with refused("holder_only"):
        drafting.open_draft(owner=real.world.bob, licence=licence)


def test_with_a_seat_she_draws_on_its_time_and_what_she_makes_is_hers(real: Studio, licence: Licence, seat: Seat) -> None:
    row = actions.start(quote=real.quote(licence), by=real.world.bob)
    assert row.owner == real.world.bob and row.licence == licence
    assert seconds(licence).held == row.quote.seconds and seconds_left(licence) == 3600 - row.quote.seconds
    assert not Training.objects.filter(Training.visible_to(real.world.carol), pk=row.pk).exists()


def test_a_seat_that_is_taken_back_stops_what_runs_at_the_next_heartbeat(real: Studio, licence: Licence, seat: Seat) -> None:
    row = actions.start(quote=real.quote(licence), by=real.world.bob)
    claim = queue.claim(row.pk, "here")
    assert claim and not running.beat(row.pk, claim.fence).stop
    sharing.end(seat=seat, by=real.world.carol)
    assert running.beat(row.pk, claim.fence).stop == "NO_SEAT"
    running.obey(row.pk, claim.fence)
    row.refresh_from_db()
    assert (row.state, row.code) == (TrainingState.REJECTED, "NO_SEAT")
    assert seconds(licence).held == 0


def test_between_quote_and_start_it_can_be_taken_back_too(real: Studio, licence: Licence, seat: Seat) -> None:
    quote = real.quote(licence)
    sharing.end(seat=seat, by=real.world.carol)
    with refused("NO_SEAT"):
        actions.start(quote=quote, by=real.world.bob)
    assert seconds(licence).held == 0 and not seats.may_use(licence, real.world.bob)


def test_the_wizard_offers_it_and_says_whose_it_is(real: Studio, licence: Licence, seat: Seat) -> None:
    client = Client()
    client.force_login(real.world.bob)
    text = client.get("/en/trainings/new").content.decode()
    assert licence.public_id in text and "shared by carol" in text
    draft = drafting.open_draft(owner=real.world.bob, licence=licence, dataset=real.dataset)
    sharing.end(seat=seat, by=real.world.carol)
    page = client.get(f"/en/trainings/new/{draft.public_id}/settings", follow=True).content.decode()
    assert "This person has no seat of the licence." in page
