"""A takedown: in force with the decision, everything that follows worked off in batches, told, shown, and lifted again."""

from typing import Any

import httpx
import pytest
from django.core import mail

from atelier.accounts.access import has_two_step
from atelier.audit.models import Entry
from atelier.catalog.models import BaseModel, BaseVersion, Offering, Tier
from atelier.checkout.actions import open_order
from atelier.kit import store
from atelier.kit.models import Message
from atelier.kit.refused import Refused
from atelier.ledger.queries import astray
from atelier.library.models import CustomModel, Handover, Preview
from atelier.library.states import ModelState
from atelier.licences.models import Tombstone
from atelier.licences.queries import judge, seconds_left
from atelier.takedown import actions, effect, kinds, takedowns
from atelier.takedown.models import Case, Holder, Takedown
from atelier.takedown.states import TakedownState
from atelier.trainings import running
from atelier.trainings.models import Training
from licensing.findings import Finding
from licensing.judge import Action
from licensing.text import text_hash
from tests.library.files import SHEET
from tests.world import World, client_of, join, run_outbox, two_step

from .scene import SECONDS, Scene, scene


@pytest.fixture
def stage(world: World) -> Scene:
    return scene(world)


def down(stage: Scene, **more: Any) -> Takedown:
    item = kinds.parsed(stage.title.public_id)
    assert item is not None
    row, _ = takedowns.begin(item=item, by=stage.world.alice, reason="The heirs have withdrawn the film.", **more)
    return row


def test_every_door_is_closed_with_the_decision_and_not_with_the_end_of_the_work(stage: Scene) -> None:
    down(stage)
    assert Tombstone.objects.filter(settled_at__isnull=False).count() == 0
    for path in (None, SHEET):
        answer = stage.ask(path) if path else stage.ask()
        assert (answer.status_code, answer.json()["code"]) == (409, "LINEAGE_WITHDRAWN")
    handover = Handover.objects.get()
    assert client_of(stage.world.bob).get(f"/api/v1/handovers/{handover.public_id}").json()["code"] == "LINEAGE_WITHDRAWN"
    preview = Preview.objects.get()
    page = client_of(stage.world.bob).get(f"/models/{stage.model.public_id}/previews/{preview.public_id}/clip")
    assert page.status_code == 409
    for action in (Action.QUOTE, Action.START, Action.HEARTBEAT, Action.DOWNLOAD, Action.PREVIEW):
        verdict = judge(stage.licence, action, use=stage.done.quote.project.use, **{"rank": 1, "steps": 1, "resolution": 1, "clips": 1})
        assert verdict.code == "LINEAGE_WITHDRAWN"


def test_files_and_copies_have_their_tombstones_with_the_first_message_and_the_copies_go_before_anything_else(stage: Scene) -> None:
    handover, row = Handover.objects.select_related("outcome").get(), down(stage)
    stones = Tombstone.objects.filter(takedown=row.pk)
    assert not stones.filter(kind__in=("artifact", "handover")).exists()
    run_outbox("takedown.follow", "library.discard")
    assert stones.filter(item__in=(handover.pk, handover.artifact_id), settled_at=None).count() == 2
    with pytest.raises(Refused, match="object_missing"):
        store.require(store.MODELS, handover.outcome.key)
    run_outbox("licences.publish_revocations")
    assert stage.verified().finding is Finding.REVOKED
    assert row.state == TakedownState.WORKING


def test_what_follows_is_done_once_everything_is_through(stage: Scene) -> None:
    assert stage.verified().finding is Finding.OK
    left = seconds_left(stage.licence)
    row = down(stage)
    run_outbox()
    row.refresh_from_db()
    assert row.state == TakedownState.DONE
    assert not Tombstone.objects.filter(takedown=row.pk, settled_at=None).exists()
    stage.running.refresh_from_db()
    assert (stage.running.state, stage.running.code, stage.running.captured) == ("withdrawn", "LINEAGE_WITHDRAWN", 0)
    assert seconds_left(stage.licence) == left + SECONDS
    assert not astray().exists()
    assert not Tier.objects.get(pk=stage.licence.revision.tier_id).open
    assert stage.verified().finding is Finding.REVOKED
    assert all(line["done"] == line["total"] for line in effect.progress(row))
    log = Entry.objects.filter(studio=stage.world.studio.pk, action__startswith="takedown.")
    assert set(log.values_list("action", flat=True)) == {"takedown.begin", "takedown.tier", "takedown.handover", "takedown.model"}
    assert log.get(action="takedown.begin").titles == [stage.title.public_id]


def test_a_link_that_is_out_opens_nothing_once_the_copies_are_gone_and_lifted_a_new_copy_is_made(stage: Scene) -> None:
    bob = client_of(stage.world.bob)
    first = Handover.objects.get()
    url = bob.get(f"/api/v1/handovers/{first.public_id}").json()["link"]["url"]
    assert httpx.get(url).status_code == 200
    row = down(stage)
    run_outbox()
    assert httpx.get(url).status_code == 404
    takedowns.lift(takedown=row, by=stage.world.alice, reason="They agree.")
    again = stage.ask().json()["id"]
    run_outbox()
    assert again != first.public_id
    assert httpx.get(bob.get(f"/api/v1/handovers/{again}").json()["link"]["url"]).status_code == 200


def test_a_worker_that_had_the_training_writes_nothing_more(stage: Scene) -> None:
    down(stage)
    assert running.standing(Training.objects.get(pk=stage.running.pk)).stop == "LINEAGE_WITHDRAWN"
    run_outbox()
    with pytest.raises(running.LeaseLost):
        running.progress(stage.running.pk, 1, 3, 0.5)


@pytest.mark.parametrize("state", ["queued", "paused"])
def test_what_waits_or_is_paused_ends_too_and_what_is_over_stays_as_it_ended(stage: Scene, state: str) -> None:
    Training.objects.filter(pk=stage.running.pk).update(state=state, lease_until=None)
    down(stage)
    run_outbox()
    assert Training.objects.get(pk=stage.running.pk).state == "withdrawn"
    assert Training.objects.get(pk=stage.done.pk).state == "done"


def test_holders_are_told_once_in_their_language_with_what_they_can_do_instead(stage: Scene) -> None:
    world = stage.world
    base = BaseModel.objects.create(studio=world.studio, name="Other")
    shape = {"family": "wan", "height": 32, "width": 32, "frames": 9, "fps": 8}
    other = BaseVersion.objects.create(base=base, version="1", state="published", digest="sha256:" + "1" * 64, **shape)
    offering = Offering.objects.create(studio=world.studio, version=other, name="Sans la nuit")
    Tier.objects.create(offering=offering, name="T")
    world.bob.language = "fr"
    world.bob.save()
    mail.outbox.clear()
    row = down(stage)
    run_outbox()
    hers = [letter for letter in mail.outbox if letter.to == [world.bob.email] and "Neon" in letter.body and "heirs" in letter.body]
    assert len(hers) == 1
    assert offering.public_id in hers[0].body and stage.model.public_id in hers[0].body
    assert not [letter for letter in mail.outbox if letter.to == [world.alice.email]]
    assert Holder.objects.filter(takedown=row).count() == 1


def test_a_second_takedown_of_the_same_says_what_was_done(stage: Scene) -> None:
    row = down(stage)
    run_outbox()
    item, entries = kinds.parsed(stage.title.public_id), Entry.objects.count()
    assert item is not None
    assert takedowns.begin(item=item, by=stage.world.alice, reason="again") == (row, False)
    assert (Takedown.objects.count(), Entry.objects.count()) == (1, entries)


def test_killed_in_the_middle_it_goes_on_where_it_was(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    row = down(stage)
    deed = effect.DEEDS["handover"]

    def killed(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setitem(effect.DEEDS, "handover", killed)
    with pytest.raises(KeyboardInterrupt):
        run_outbox()
    row.refresh_from_db()
    assert row.state == TakedownState.WORKING
    before = {line["kind"]: line["done"] for line in effect.progress(row)}
    assert (before["training"], before["handover"]) == (2, 0)
    monkeypatch.setitem(effect.DEEDS, "handover", deed)
    run_outbox()
    row.refresh_from_db()
    assert row.state == TakedownState.DONE
    assert Entry.objects.filter(action="training.withdrawn").count() == 1
    assert Entry.objects.filter(action="takedown.handover").count() == 1


def test_batches_are_worked_off_one_by_one(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effect, "BATCH", 1)
    row = down(stage)
    run_outbox()
    row.refresh_from_db()
    assert row.state == TakedownState.DONE
    assert Message.objects.filter(name="takedown.work").count() > 4


def test_what_came_into_being_while_it_worked_is_reached_too(stage: Scene) -> None:
    row = down(stage)
    late = Handover.objects.get()
    late.pk, late.person = None, stage.world.carol
    late = Handover.objects.create(artifact=late.artifact, person=late.person, licence=late.licence, use=late.use)
    run_outbox()
    assert Tombstone.objects.filter(takedown=row.pk, item=late.pk, settled_at__isnull=False).exists()


def test_lifted_everything_is_as_before_but_trainings_that_ended(stage: Scene) -> None:
    row = down(stage)
    run_outbox()
    mail.outbox.clear()
    takedowns.lift(takedown=row, by=stage.world.alice, reason="The heirs have agreed.")
    assert stage.ask().status_code == 202
    run_outbox()
    assert stage.verified().finding is Finding.OK
    assert Tier.objects.get(pk=stage.licence.revision.tier_id).open
    assert Training.objects.get(pk=stage.running.pk).state == "withdrawn"
    assert [letter.to for letter in mail.outbox if "The heirs have agreed." in letter.body] == [[stage.world.bob.email]]
    again = down(stage)
    assert again.pk != row.pk


def test_nothing_is_sold_that_stands_on_what_was_taken_down_even_where_the_studio_opens_it_again(stage: Scene) -> None:
    down(stage)
    revision = stage.licence.revision
    assert revision.tier.open
    with pytest.raises(Refused, match="tier_closed"):
        open_order(buyer=stage.world.carol, revision=revision, accepted_text=text_hash(revision.terms, "en"), language="en")


def test_a_takedown_of_nothing_but_itself_is_done_at_once(world: World) -> None:
    from atelier.catalog.models import Title

    item = kinds.parsed(Title.objects.create(studio=world.studio, name="Alone").public_id)
    assert item is not None
    row, began = takedowns.begin(item=item, by=world.alice, reason="x")
    run_outbox()
    row.refresh_from_db()
    assert (began, row.state) == (True, TakedownState.DONE)


def test_a_creator_takes_back_a_clip_and_what_learned_from_it(stage: Scene) -> None:
    asset = stage.dataset.assets.order_by("pk")[0]
    item = takedowns.found(asset.public_id, stage.world.bob)
    row, _ = takedowns.begin(item=item, by=stage.world.bob, reason="She no longer agrees.")
    assert stage.ask().json()["code"] == "LINEAGE_WITHDRAWN"
    run_outbox()
    assert Training.objects.get(pk=stage.running.pk).state == "withdrawn"
    assert CustomModel.objects.get(pk=stage.model.pk).state == ModelState.PUBLISHED
    assert Entry.objects.filter(action="takedown.begin", studio=stage.world.studio.pk, subject=row.public_id).exists()
    declared = stage.done.quote.project.use
    for made_of, code in (((stage.dataset.pk,), "LINEAGE_WITHDRAWN"), ((), "CONTEXT_INCOMPLETE")):
        assert judge(stage.licence, Action.START, stage.world.bob, made_of, use=declared).code == code


# Whose it is.


def test_what_is_somebody_elses_is_not_there(stage: Scene) -> None:
    world, other = stage.world, World()
    for person in (world.bob, world.carol, other.alice, join(other.studio, two_step(other.person("eve")), "admin")):
        with pytest.raises(Refused) as refused:
            takedowns.found(stage.title.public_id, person)
        assert (refused.value.code, refused.value.status) == ("not_found", 404)
    for person in (world.alice, world.carol, other.alice):
        with pytest.raises(Refused, match="not_found"):
            takedowns.found(stage.dataset.public_id, person)
    for unknown in ("ttl_" + "0" * 32, "prv_" + "0" * 32, "x", ""):
        with pytest.raises(Refused, match="not_found"):
            takedowns.found(unknown, world.alice)
    with pytest.raises(Refused, match="not_found"):
        takedowns.found(stage.licence.public_id, world.bob)


def test_an_auditor_and_a_member_without_a_second_step_may_not(stage: Scene) -> None:
    world = stage.world
    with pytest.raises(Refused, match="role_too_low"):
        takedowns.found(stage.title.public_id, world.dave)
    careless = join(world.studio, world.person("careless"), "admin")
    assert not has_two_step(careless)
    with pytest.raises(Refused, match="two_step_needed"):
        takedowns.found(stage.title.public_id, careless)


# From a notice.


def upheld(stage: Scene, staff: Any) -> Case:
    said = {"matter": "work", "work": "La Nuit claire", "where": stage.world.version.public_id, "account": "x", "capacity": "self"}
    signed = {"organisation": "", "name": "Eve", "signature": "Eve", "email": "eve@example.org", "statement": "x"}
    case = actions.file(notice=actions.Notice(**said, **signed), language="en")
    actions.decide(case=case, by=staff, upheld=True, words="It is hers.")
    return case


def test_a_notice_that_was_upheld_leads_to_a_takedown_and_an_appeal_gives_it_back(stage: Scene) -> None:
    world = stage.world
    staff, colleague = (two_step(world.person(name, is_staff=True)) for name in ("staff", "colleague"))
    case = upheld(stage, staff)
    item = takedowns.found(stage.title.public_id, staff, staff=True)
    row, _ = takedowns.begin(item=item, by=staff, reason="It is hers.", case=case)
    assert not takedowns.may_lift(row, world.alice)
    run_outbox()
    actions.appeal(case=case, words="It is ours: here is the contract.", by=world.alice)
    assert stage.ask().status_code == 409
    with pytest.raises(Refused, match="decided_by_you"):
        actions.decide(case=case, by=staff, upheld=False, words="no")
    actions.decide(case=case, by=colleague, upheld=False, words="The contract holds.")
    row.refresh_from_db()
    assert (row.state, row.lifted_reason, row.lifted_by) == (TakedownState.LIFTED, "The contract holds.", colleague)
    run_outbox()
    assert stage.ask().status_code == 202
    assert stage.verified().finding is Finding.OK


def test_a_notice_that_is_open_or_rejected_takes_nothing_down(stage: Scene) -> None:
    staff = two_step(stage.world.person("staff", is_staff=True))
    case = upheld(stage, staff)
    actions.appeal(case=case, words="x")
    item = takedowns.found(stage.title.public_id, staff, staff=True)
    with pytest.raises(Refused, match="not_upheld"):
        takedowns.begin(item=item, by=staff, reason="x", case=case)
    assert not Tombstone.objects.exists()


def test_without_a_reason_nothing_is_taken_down(stage: Scene) -> None:
    item = kinds.parsed(stage.title.public_id)
    assert item is not None
    with pytest.raises(Refused, match="reason_missing"):
        takedowns.begin(item=item, by=stage.world.alice, reason="  ")
    assert not Takedown.objects.exists()
