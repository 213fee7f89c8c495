"""The studio's licences and its log: decisions with their reach, sentences, filters in the address."""

import csv
import io

import pytest
from django.utils.translation import override

from atelier.audit.actions import record
from atelier.audit.models import Entry
from atelier.licences.actions import suspend
from atelier.studio import told
from tests.visits import signed_in
from tests.world import World

from .busy import SECRET, Busy

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(world: World) -> Busy:
    return Busy(world)


def test_a_decision_says_its_reach_asks_for_a_reason_and_is_done_once(world: World, busy: Busy) -> None:
    licence = busy.licence()
    busy.training(licence, state="running")
    busy.download(busy.model(busy.training(licence)))
    client, page = signed_in(world.alice), f"/en/studio/{world.studio.public_id}/licences/{licence.public_id}"
    text = client.get(f"{page}/revoke").content.decode()
    assert "Running trainings that stop</dt><dd>1" in text and "Copies already handed over</dt><dd>1" in text
    assert client.post(f"{page}/revoke", {"reason": ""}).status_code == 422
    assert client.post(f"{page}/revoke", {"reason": "a breach"}).status_code == 302
    licence.refresh_from_db()
    assert (licence.state, licence.reason) == ("revoked", "a breach")
    assert client.post(f"{page}/revoke", {"reason": "again"})["Location"] == page
    assert Entry.objects.filter(action="licence.revoke", licence=licence.public_id).count() == 1
    shown = client.get(page).content.decode()
    assert "This is final" in shown and "/revoke" not in shown and SECRET not in shown


def test_what_a_payment_suspended_only_the_payment_restores(world: World, busy: Busy) -> None:
    licence = busy.licence()
    suspend(licence=licence, reason="payment disputed")
    client, page = signed_in(world.alice), f"/en/studio/{world.studio.public_id}/licences/{licence.public_id}"
    assert "comes back by itself" in client.get(page).content.decode()
    assert client.post(f"{page}/restore", {"reason": "please"})["Location"] == page
    licence.refresh_from_db()
    assert licence.state == "suspended"
    assert client.post(f"{page}/suspend", {"reason": "payment disputed"}).status_code == 302


def test_a_payments_own_words_are_no_reason_of_a_studio(world: World, busy: Busy) -> None:
    licence = busy.licence()
    page = f"/en/studio/{world.studio.public_id}/licences/{licence.public_id}/suspend"
    answer = signed_in(world.alice).post(page, {"reason": "payment disputed"})
    assert answer.status_code == 422 and "other words" in answer.content.decode()


def test_an_auditor_decides_nothing_and_another_studios_licence_is_not_there(world: World, busy: Busy) -> None:
    licence = busy.licence()
    page = f"/en/studio/{world.studio.public_id}/licences/{licence.public_id}"
    dave = signed_in(world.dave)
    assert "/suspend" not in dave.get(page).content.decode()
    for answer in (dave.get(f"{page}/suspend"), dave.post(f"{page}/suspend", {"reason": "x"})):
        assert answer.status_code == 403
    foreign = Busy(World()).licence()
    assert signed_in(world.alice).get(f"/en/studio/{world.studio.public_id}/licences/{foreign.public_id}").status_code == 404


def test_licences_are_listed_with_use_and_filtered(world: World, busy: Busy) -> None:
    one, other = busy.licence(), busy.licence(holder=world.carol)
    busy.training(one, seconds=600)
    suspend(licence=other, reason="a doubt")
    client, page = signed_in(world.dave), f"/en/studio/{world.studio.public_id}/licences"
    text = client.get(page).content.decode()
    assert one.public_id in text and other.public_id in text and "10\u00a0min used" in text
    only = client.get(page, {"state": "suspended"}).content.decode()
    assert one.public_id not in only and other.public_id in only
    assert one.public_id not in client.get(page, {"holder": world.carol.public_id}).content.decode()
    assert "Nothing matches" in client.get(page, {"state": "expired"}).content.decode()


def test_every_action_that_a_studio_reads_has_a_sentence_in_both_languages(world: World, busy: Busy) -> None:
    for action in told.SENTENCES:
        entry = record(action=action, subject="trn_" + "0" * 32, studio=world.studio.id, actor=world.alice.id, name="%(x)s <b>")
        for language in ("fr", "en"):
            with override(language):
                assert told.told(entry).endswith(".")
    unknown = record(action="x.y", subject="z", studio=world.studio.id, actor=None)
    with override("en"):
        assert told.told(unknown) == "Atelier: x.y, z."


def test_the_log_is_filtered_by_its_address_and_exported_as_shown(world: World, busy: Busy) -> None:
    licence = busy.licence()
    busy.training(licence)
    client, page = signed_in(world.dave), f"/en/studio/{world.studio.public_id}/log"
    text = client.get(page).content.decode()
    assert "opened the studio" in text and "started the training" in text and world.bob.email not in text and SECRET not in text
    only = client.get(page, {"licence": licence.public_id, "action": "licence."}).content.decode()
    assert "received the licence" in only and "started the training" not in only and "opened the studio" not in only
    sheet = b"".join(client.get(page + ".csv", {"action": "training."}).streaming_content).decode()
    assert {row["action"] for row in csv.DictReader(io.StringIO(sheet))} == {"training.start"}
    entry = Entry.objects.get(studio=world.studio.id, action="studio.open")
    one = client.get(page, {"number": entry.pk}).content.decode()
    assert one.count('<li id="entry-') == 1
    assert client.get(page, {"number": "0"}).status_code == client.get(page, {"until": "x"}).status_code == 422
    assert client.get(page + ".csv", {"actor": "me"}).status_code == 422
    nobody = client.get(page, {"actor": world.carol.public_id}).content.decode()
    assert "Nothing matches" in nobody


def test_a_page_of_the_log_stays_where_it_is_while_entries_are_added(world: World) -> None:
    for n in range(120):
        record(action="x.y", subject=f"s{n}", studio=world.studio.id, actor=None)
    client, page = signed_in(world.alice), f"/en/studio/{world.studio.public_id}/log"
    first = client.get(page).content.decode()
    assert first.count('<li id="entry-') == 50
    query = first.split('rel="next" href="?')[1].split('"')[0]
    second = client.get(f"{page}?{query}").content.decode()
    record(action="x.z", subject="new", studio=world.studio.id, actor=None)
    assert client.get(f"{page}?{query}").content.decode().count("x.y") == second.count("x.y")
    assert "Newest" in second and "Older" in second


def test_what_somebody_typed_is_shown_and_not_run(world: World) -> None:
    record(action="title.add", subject="t", studio=world.studio.id, actor=None, name="<script>alert(1)</script>")
    text = signed_in(world.alice).get(f"/en/studio/{world.studio.public_id}/log").content.decode()
    assert "<script>alert" not in text and "&lt;script&gt;" in text
