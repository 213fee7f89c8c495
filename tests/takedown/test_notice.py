"""A notice from outside: filed, followed, decided, appealed against."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import translation

from atelier.kit.refused import Refused
from atelier.takedown import actions, links
from atelier.takedown.models import Case, Event
from tests.pages.test_public import Read
from tests.world import World, run_outbox

pytestmark = pytest.mark.django_db
TYPED = {
    "matter": "person",
    "work": "Jeanne Martin",
    "where": "",
    "account": "My face is in the third sample.",
    "name": "Jeanne  Martin",
    "capacity": "self",
    "organisation": "",
    "email": "jeanne@example.org",
    "good_faith": "on",
    "signature": "jeanne martin",
    "website": "",
}


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()


def filed(client: Client, **changes: str) -> Case:
    answer = client.post("/en/notice", TYPED | changes)
    assert (answer.status_code, answer["Location"]) == (302, "/en/notice/sent")
    return Case.objects.order_by("-created_at")[0]


def followed(case: Case, language: str = "en") -> str:
    with translation.override(language):
        return links.path(case)


def test_a_notice_becomes_a_case_and_its_number_is_shown(client: Client) -> None:
    case = filed(client)
    assert case.number in client.get("/en/notice/sent").content.decode()
    assert re.fullmatch(r"N-[2-9A-Z]{4}-[2-9A-Z]{4}", case.number)
    assert "I declare in good faith" in case.statement
    assert [event.kind for event in case.events.all()] == ["filed"]


def test_the_page_of_thanks_is_for_whoever_just_sent_one(client: Client) -> None:
    assert client.get("/en/notice/sent")["Location"] == "/en/notice"


@pytest.mark.parametrize(("language", "words"), [("fr", "/notice/"), ("en", "/en/notice/")])
def test_claimant_and_staff_are_told_by_mail(client: Client, settings: Any, language: str, words: str) -> None:
    client.post("/notice" if language == "fr" else "/en/notice", TYPED)
    run_outbox()
    case = Case.objects.order_by("-created_at")[0]
    receipt, staff = sorted(mail.outbox, key=lambda sent: sent.to != [case.email])
    assert case.number in receipt.subject and settings.PUBLIC_URL + followed(case, language) in receipt.body
    assert followed(case, language).startswith(words)
    assert staff.to == [settings.DEFAULT_FROM_EMAIL] and case.number in staff.subject and "My face" in staff.body
    assert links.key(case) not in staff.body


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"matter": ""}, "matter"),
        ({"work": ""}, "work"),
        ({"work": "a\u2028b"}, "work"),
        ({"email": "jeanne"}, "email"),
        ({"good_faith": ""}, "good_faith"),
        ({"signature": "somebody else"}, "signature"),
        ({"account": "x" * 5001}, "account"),
        ({"website": "https://spam.example"}, "website"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(client: Client, change: dict[str, str], field: str) -> None:
    answer = client.post("/en/notice", TYPED | change)
    text = answer.content.decode()
    assert answer.status_code == 422 and not Case.objects.exists()
    assert f'id="id_{field}_error"' in text
    kept = {a["name"]: a.get("value") for a in Read(text).every("input")}
    assert kept["name"] == "Jeanne  Martin" and kept["email"] == change.get("email", TYPED["email"])


def test_the_sixth_notice_within_an_hour_waits_and_is_not_lost(client: Client) -> None:
    for _ in range(5):
        filed(client)
    answer = client.post("/en/notice", TYPED)
    assert answer.status_code == 429 and "jeanne@example.org" in answer.content.decode()
    assert Case.objects.count() == 5


def test_what_is_meant_is_recognised_by_its_address(world: World, client: Client) -> None:
    tier = world.tier()
    for where in (world.offering.public_id, f"https://atelier.example/en/tiers/{tier.public_id}?x=1", f"see {world.version.public_id}"):
        case = filed(client, where=where)
        assert case.subject in where and case.studio == world.studio
    unknown = filed(client, where="off_" + "0" * 32)
    assert (unknown.subject, unknown.studio) == ("", None)


def test_only_the_link_opens_the_case(client: Client) -> None:
    one, other = filed(client), filed(client)
    assert client.get(followed(one)).status_code == 200
    for wrong in ("x", links.key(other), "0" * 200):
        assert client.get(f"/en/notice/{one.number}/{wrong}").status_code == 404
    assert client.get(f"/en/notice/N-0000-0000/{links.key(one)}").status_code == 404


def test_confirming_is_a_press_and_not_a_visit(client: Client) -> None:
    case = filed(client)
    client.get(followed(case))
    assert Case.objects.get(pk=case.pk).confirmed_at is None
    for _ in range(2):
        assert client.post(f"{followed(case)}/confirm").status_code == 302
    assert Case.objects.get(pk=case.pk).confirmed_at
    assert [event.kind for event in case.events.all()] == ["filed", "confirmed"]


def test_staff_decides_the_claimant_is_told_why_and_appeals_once(world: World, client: Client) -> None:
    case, staff, colleague = filed(client), *(world.person(name, is_staff=True) for name in ("staff", "colleague"))
    actions.take_up(case=case, by=staff)
    actions.decide(case=case, by=staff, upheld=False, words="It is another Jeanne.")
    run_outbox()
    news = [sent for sent in mail.outbox if "It is another Jeanne." in sent.body]
    assert [sent.to for sent in news] == [["jeanne@example.org"]]
    page = client.get(followed(case)).content.decode()
    assert "It is another Jeanne." in page and "Appeal against" in page
    empty = client.post(f"{followed(case)}/appeal", {"words": ""})
    assert empty.status_code == 422
    assert client.post(f"{followed(case)}/appeal", {"words": "It is me."}).status_code == 302
    assert Case.objects.get(pk=case.pk).state == "appealed"
    assert client.post(f"{followed(case)}/appeal", {"words": "Again."}).status_code == 409
    case.refresh_from_db()
    actions.decide(case=case, by=colleague, upheld=True, words="You are right.")
    assert [event.kind for event in case.events.all()] == ["filed", "in_review", "rejected", "appealed", "upheld"]
    assert client.post(f"{followed(case)}/appeal", {"words": "Again."}).status_code == 409


def test_nobody_but_staff_decides_and_never_without_a_reason(world: World, client: Client) -> None:
    case, staff = filed(client), world.person("staff", is_staff=True)
    with pytest.raises(Refused, match="staff_only"):
        actions.decide(case=case, by=world.alice, upheld=True, words="Mine.")
    with pytest.raises(Refused, match="reason_missing"):
        actions.decide(case=case, by=staff, upheld=True, words="  ")


def test_the_history_of_a_case_only_grows(client: Client) -> None:
    event = filed(client).events.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(words="other")
    with pytest.raises(DatabaseError), transaction.atomic():
        event.delete()


def test_the_log_names_the_case_and_no_claimant(world: World, client: Client) -> None:
    from atelier.audit.models import Entry

    case = filed(client, where=world.offering.public_id)
    entry = Entry.objects.get(action="takedown.filed", subject=case.public_id)
    assert entry.studio == world.studio.id and "jeanne" not in str(entry.detail).lower()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_form_speaks_the_readers_language_and_fits_long_names(world: World, client: Client, language: str) -> None:
    world.bob.name = "م" * 200
    world.bob.save()
    client.force_login(world.bob)
    answer = client.get(("" if language == "fr" else "/en") + f"/notice?about={world.offering.public_id}")
    page = Read(answer.content.decode())
    assert page.every("html")[0]["lang"] == language and not page.inline()
    kept = {a["name"]: a.get("value") for a in page.every("input")}
    assert kept["name"] == "م" * 200 and kept["email"] == world.bob.email and kept["where"] == world.offering.public_id


def test_a_question_is_answered_on_the_page_that_its_mail_leads_to(world: World, client: Client) -> None:
    case, staff = filed(client), world.person("staff", is_staff=True)
    actions.take_up(case=case, by=staff)
    actions.ask(case=case, by=staff, words="In which second?")
    run_outbox()
    [asked] = [sent for sent in mail.outbox if "In which second?" in sent.body]
    assert asked.to == ["jeanne@example.org"] and followed(case) in asked.body
    assert "In which second?" in client.get(followed(case)).content.decode()
    assert client.post(f"{followed(case)}/answer", {"answer": ""}).status_code == 422
    assert client.post(f"{followed(case)}/answer", {"answer": "The fourth."}).status_code == 302
    case.refresh_from_db()
    assert (case.state, [(event.kind, event.words) for event in case.events.all()][-1]) == ("in_review", ("answered", "The fourth."))
    mail.outbox.clear()
    run_outbox()
    assert [sent.to for sent in mail.outbox] == [[settings.DEFAULT_FROM_EMAIL]] and "has answered" in mail.outbox[0].body
    assert client.post(f"{followed(case)}/answer", {"answer": "Again."}).status_code == 409
