"""A licence is shared: seats are offered, taken and ended, and whoever has one may do what the holder may."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client

from atelier.accounts import belongings
from atelier.accounts.models import User
from atelier.audit.models import Entry
from atelier.kit.refused import Refused
from atelier.kit.tickets import ticket
from atelier.licences import actions, holdings, queries, seats, sharing
from atelier.licences.models import Licence, Seat
from atelier.licences.room import Sharing
from atelier.licences.states import SeatState
from licensing.judge import Action
from tests.visits import signed_in
from tests.world import World, run_outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(world: World) -> Licence:
    return world.licence(seats=3)


def offered(licence: Licence, email: str, language: str = "en") -> Seat:
    return sharing.offer(licence=licence, by=licence.holder, email=email, language=language)


def seated(licence: Licence, person: User) -> Seat:
    return sharing.take(seat=offered(licence, person.email), by=person)


def code(deed: Any, **wanted: Any) -> str:
    with pytest.raises(Refused) as refused:
        deed(**wanted)
    return str(refused.value.code)


def test_whoever_takes_the_seat_may_use_the_licence(world: World, shared: Licence) -> None:
    assert not seats.may_use(shared, world.carol)
    verdict = queries.judge(shared, Action.UPLOAD, world.carol, clips=1)
    assert (verdict.code, verdict.clause) == ("NO_SEAT", "seats")
    seat = seated(shared, world.carol)
    assert (seat.state, seat.person) == (SeatState.TAKEN, world.carol)
    assert seats.may_use(shared, world.carol) and queries.judge(shared, Action.UPLOAD, world.carol, clips=1)
    assert shared in holdings.used_by(world.carol) and shared not in holdings.used_by(world.dave)


@pytest.mark.parametrize(("doer", "state"), [("bob", SeatState.ENDED), ("alice", SeatState.ENDED), ("carol", SeatState.LEFT)])
def test_holder_studio_and_whoever_has_it_may_end_it(world: World, shared: Licence, doer: str, state: str) -> None:
    seat = seated(shared, world.carol)
    assert sharing.end(seat=seat, by=getattr(world, doer)).state == state
    assert not seats.may_use(shared, world.carol)
    assert queries.judge(shared, Action.HEARTBEAT, world.carol).code == "NO_SEAT"
    assert code(sharing.end, seat=seat, by=world.bob) == "moved_meanwhile"


def test_nobody_else_may(world: World, shared: Licence) -> None:
    seat = seated(shared, world.carol)
    assert code(sharing.end, seat=seat, by=world.dave) == "role_too_low"
    assert code(sharing.offer, licence=shared, by=world.carol, email="x@example.org", language="en") == "holder_only"


def test_offers_keep_a_seat_until_they_run_out(world: World, shared: Licence) -> None:
    seated(shared, world.carol)
    late = offered(shared, "late@example.org")
    assert seats.gone(shared) == 3
    assert code(sharing.offer, licence=shared, by=world.bob, email="more@example.org", language="en") == "SEATS_TAKEN"
    Seat.objects.filter(pk=late.pk).update(expires_at=Now() - timedelta(seconds=1))
    assert offered(shared, "more@example.org").state == SeatState.OFFERED
    late.refresh_from_db()
    assert code(sharing.take, seat=late, by=world.dave) == "offer_withdrawn"


def test_one_seat_is_the_holders_own(world: World) -> None:
    alone = world.licence(seats=1)
    assert code(sharing.offer, licence=alone, by=world.bob, email="x@example.org", language="en") == "SEATS_TAKEN"


def test_no_seat_of_a_licence_that_does_not_stand(world: World, shared: Licence) -> None:
    before = offered(shared, world.carol.email)
    actions.suspend(licence=shared, reason="under review")
    assert code(sharing.offer, licence=shared, by=world.bob, email="x@example.org", language="en") == "SUSPENDED"
    assert code(sharing.take, seat=before, by=world.carol) == "SUSPENDED"


def test_a_link_opens_once_for_its_own_address(world: World, shared: Licence) -> None:
    seat = offered(shared, world.carol.email.upper())
    assert sharing.of_ticket(ticket(seat)) == seat
    assert code(sharing.of_ticket, text="x" + ticket(seat)) == "not_found"
    assert code(sharing.take, seat=seat, by=world.dave) == "other_address"
    assert code(sharing.offer, licence=shared, by=world.bob, email=world.carol.email, language="en") == "already_offered"
    sharing.take(seat=seat, by=world.carol)
    assert code(sharing.take, seat=seat, by=world.carol) == "offer_used"
    assert code(sharing.offer, licence=shared, by=world.bob, email=world.bob.email, language="en") == "own_seat"


def test_mails_go_out_in_the_language_of_each(world: World, shared: Licence) -> None:
    User.objects.filter(pk=world.bob.pk).update(language="fr")
    seat = sharing.offer(licence=shared, by=world.bob, email=world.carol.email, language="fr")
    run_outbox()
    assert mail.outbox[-1].to == [world.carol.email] and f"/seats/{ticket(seat)}" in mail.outbox[-1].body
    sharing.take(seat=seat, by=world.carol)
    run_outbox()
    assert mail.outbox[-1].to == [world.bob.email] and world.carol.email in mail.outbox[-1].body
    sharing.end(seat=seat, by=world.bob)
    run_outbox()
    assert mail.outbox[-1].to == [world.carol.email]
    withdrawn = offered(shared, "nobody@example.org")
    sharing.end(seat=withdrawn, by=world.bob)
    count = len(mail.outbox)
    run_outbox()
    assert len(mail.outbox) == count


def test_the_log_tells_all_of_it_and_no_address(world: World, shared: Licence) -> None:
    sharing.end(seat=seated(shared, world.carol), by=world.bob)
    entries = Entry.objects.filter(licence=shared.public_id, action__startswith="seat.").order_by("id")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("seat.offer", world.bob.pk),
        ("seat.take", world.carol.pk),
        ("seat.end", world.bob.pk),
    ]
    assert "@" not in str([entry.detail for entry in entries])


def trained(licence: Licence, by: User, seconds: int, spent: int) -> None:
    training = uuid4()
    actions.reserve(licence=licence, training=training, seconds=seconds)
    actions.note(licence, "training.start", f"trn_{training.hex}", by.pk)
    actions.capture(training=training, seconds=spent, key="1")


def test_the_holder_sees_how_much_each_used_and_others_their_own(world: World, shared: Licence) -> None:
    seat = seated(shared, world.carol)
    trained(shared, world.bob, 600, 600)
    trained(shared, world.carol, 300, 120)
    hers = Sharing(shared, world.bob)
    assert (hers.of_holder.spent, [(place.whose, place.used.spent, place.used.held) for place in hers.places]) == (
        600,
        [(world.carol.email, 120, 180)],
    )
    mine = Sharing(shared, world.carol)
    assert [run.by for run in mine.runs] == [world.carol.pk] and [place.seat for place in mine.places] == [seat]
    studio = Sharing(shared, world.alice)
    assert [place.whose for place in studio.places] == [world.carol.public_id]


@pytest.mark.parametrize("language", ["", "/en"])
def test_the_page_gives_takes_and_ends_seats(world: World, shared: Licence, language: str) -> None:
    bob, carol = signed_in(world.bob), signed_in(world.carol)
    here = f"{language}/licences/{shared.public_id}"
    assert carol.get(here).status_code == 404
    assert bob.post(f"{here}/seats", {"email": "no address"}).status_code == 422
    answer = bob.post(f"{here}/seats", {"email": world.carol.email})
    seat = Seat.objects.get(licence=shared)
    assert answer.status_code == 302 and world.carol.email in bob.get(here).content.decode()
    link = f"{language}/seats/{ticket(seat)}"
    assert Client().get(link).status_code == 200 and world.carol.email not in Client().get(link).content.decode()
    assert signed_in(world.dave).post(link).status_code == 403
    assert carol.post(link).status_code == 302
    text = carol.get(here).content.decode()
    assert text.count("bob") >= 1 and f"{here}/seats/{seat.public_id}" in text
    assert "bob" in carol.get(f"{language}/licences").content.decode()
    assert bob.post(f"{here}/seats/{seat.public_id}").status_code == 302
    assert carol.get(here).status_code == 404


def test_the_studio_sees_the_seats_without_addresses_and_may_take_one_back(world: World, shared: Licence) -> None:
    seat, alice = seated(shared, world.carol), signed_in(world.alice)
    text = alice.get(f"/en/studio/{world.studio.public_id}/licences/{shared.public_id}").content.decode()
    assert seat.public_id in text and "Take the seat back" in text and world.carol.email not in text
    assert alice.post(f"/en/licences/{shared.public_id}/seats/{seat.public_id}").status_code == 302
    assert not seats.may_use(shared, world.carol)


def test_a_grey_button_says_why(world: World) -> None:
    alone = world.licence(seats=1)
    text = signed_in(world.bob).get(f"/en/licences/{alone.public_id}").content.decode()
    assert "All seats of this licence are taken (1 of 1)." in text


def test_a_full_licence_says_so_and_keeps_what_was_typed(world: World) -> None:
    licence = world.licence(seats=2)
    offered(licence, "one@example.org")
    answer = signed_in(world.bob).post(f"/en/licences/{licence.public_id}/seats", {"email": "two@example.org"})
    assert answer.status_code == 422 and "two@example.org" in answer.content.decode()


def test_an_account_that_closes_gives_up_its_seats_and_addresses(world: World, shared: Licence) -> None:
    hers, offer = seated(shared, world.carol), offered(shared, "else@example.org")
    told = {row["id"]: row for row in belongings.EXPORTERS["seats"](world.carol)}
    assert "given_to" not in told[hers.public_id] and offer.public_id not in told
    assert {row["given_to"] for row in belongings.EXPORTERS["seats"](world.bob)} == {world.carol.email, "else@example.org"}
    for erase in belongings.ERASERS:
        if erase.__module__ == "atelier.licences.belongings":
            erase(world.carol)
    hers.refresh_from_db()
    assert (hers.state, hers.email) == (SeatState.LEFT, "")
    assert not seats.may_use(shared, world.carol)
