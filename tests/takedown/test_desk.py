"""The desk, where staff reads notices and decides."""

from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from atelier.accounts.models import User
from atelier.audit.models import Entry
from atelier.kit.refused import Refused
from atelier.takedown import actions
from atelier.takedown.models import Case, Kind
from atelier.takedown.states import CaseState
from tests.pages.test_public import Read
from tests.threads import together
from tests.visits import signed_in
from tests.world import World, run_outbox, two_step

SAID = {"matter": "work", "work": "La Nuit claire", "account": "It is ours.", "capacity": "self", "organisation": ""}
SIGNED = {"name": "Eve", "signature": "Eve", "statement": "I declare."}


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()


def filed(email: str = "eve@example.org", where: str = "", language: str = "en", **more: str) -> Case:
    notice = actions.Notice(**SAID | SIGNED | {"where": where, "email": email} | more)
    return Case.objects.get(pk=actions.file(notice=notice, language=language).pk)


def colleague(world: World, name: str = "staff") -> User:
    return two_step(world.person(name, is_staff=True))


def desk(person: User, path: str = "") -> str:
    return signed_in(person).get(f"/en/desk/{path}").content.decode()


def send(person: User, case: Case, deed: str, **typed: str) -> Any:
    """From a page that was opened as `case` was when it was read."""
    return signed_in(person).post(f"/en/desk/{case.number}/{deed}", {"seen": case.since.isoformat(), **typed})


def plain(answer: Any) -> str:
    """The page, and which of its radio buttons is chosen."""
    text = answer.content.decode()
    return f"{text} chosen: {' '.join(str(a['value']) for a in Read(text).every('input') if 'checked' in a)}"


def now(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def appealed(by: User) -> Case:
    case = filed()
    actions.decide(case=case, by=by, upheld=False, words="It is another film.")
    actions.appeal(case=now(case), words="It is not.")
    return now(case)


PATHS = ["", "{case}", "{case}/take-up", "{case}/ask", "{case}/decide"]


@pytest.mark.parametrize("path", PATHS)
def test_the_desk_is_nowhere_for_strangers_and_asks_staff_for_two_steps(world: World, path: str) -> None:
    address = "/en/desk/" + path.format(case=filed().number)
    way = "post" if path.count("/") else "get"
    assert getattr(Client(), way)(address)["Location"].startswith("/en/accounts/login/")
    assert getattr(signed_in(world.alice), way)(address).status_code == 404
    refused = getattr(signed_in(world.person("staff", is_staff=True)), way)(address)
    assert refused.status_code == 403 and "two_step_needed" in refused.content.decode()
    assert 'href="/en/account/two-step' in refused.content.decode()


def test_the_desk_is_in_the_navigation_of_staff_alone(world: World) -> None:
    link = '<a href="/en/desk/"'
    assert link in signed_in(colleague(world)).get("/en/home").content.decode()
    assert link not in signed_in(world.bob).get("/en/home").content.decode()


def test_the_queue_says_what_waits_and_of_whom(world: World) -> None:
    case = filed(where=world.tier().public_id)
    page = desk(colleague(world))
    for told in (case.number, "La Nuit claire", "It is ours.", "Lumen · Tier", world.studio.name, "received", "address not confirmed"):
        assert told in page


def numbers(page: str) -> list[str]:
    return [a["href"].rpartition("/")[2] for a in Read(page).every("a") if "/desk/N-" in a["href"]]


def test_confirmed_notices_come_first_and_the_longest_waiting_before_the_others(world: World) -> None:
    early, late, sure = filed(), filed(), filed()
    actions.confirm(case=sure)
    assert numbers(desk(colleague(world))) == [sure.number, early.number, late.number]


def test_the_filters_of_the_queue_stand_in_its_address(world: World) -> None:
    me, other = colleague(world), colleague(world, "other")
    mine, hers, done, free = filed(), filed(work="Le Jour"), filed(), filed(matter="person", email="jo@example.org")
    actions.take_up(case=mine, by=me)
    actions.take_up(case=hers, by=other)
    actions.decide(case=done, by=me, upheld=True, words="Yes.")
    for asked, expected in {
        "": {mine, hers, free},
        "?show=every": {mine, hers, done, free},
        "?show=upheld": {done},
        "?show=in_review": {mine, hers},
        "?whose=mine": {mine},
        "?whose=nobody": {free},
        "?matter=person": {free},
        "?find=le+jour": {hers},
        "?find=jo@example": {free},
        f"?find={done.number}&show=every": {done},
        "?find=nothing": set(),
    }.items():
        assert set(numbers(desk(me, asked))) == {case.number for case in expected}, asked
    assert "Nothing matches" in desk(me, "?find=nothing")
    assert signed_in(me).get("/en/desk/?show=odd").status_code == 422


def test_a_long_queue_has_pages_that_keep_its_filters(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atelier.takedown.desk.PER_PAGE", 2)
    for _ in range(3):
        filed()
    me = colleague(world)
    assert len(numbers(desk(me, "?matter=work"))) == 2
    assert "?matter=work&amp;page=2" in desk(me, "?matter=work")
    assert len(numbers(desk(me, "?matter=work&page=2"))) == 1


def test_an_empty_desk_says_so(world: World) -> None:
    assert "Nothing waits" in desk(colleague(world))


def test_a_notice_shows_all_that_was_said_what_happened_and_the_other_side(world: World) -> None:
    case, me = filed(where=world.offering.public_id), colleague(world)
    filed(where=world.offering.public_id)
    actions.take_up(case=case, by=me)
    page = desk(me, case.number)
    told = ("It is ours.", "eve@example.org", "I declare.", "For myself", "Signed: <bdi>Eve</bdi>", "The notice arrived.", "took it up")
    other = (world.studio.name, world.alice.email, "La Nuit claire", f"/en/catalogue/{world.offering.public_id}", f"find={case.subject}")
    for each in (*told, *other):
        assert each in page, each


def test_a_custom_model_is_shown_with_whoever_trained_it(world: World) -> None:
    from tests.api.tenancy.rows import finished

    model = finished(world.bob, world.licence())
    page = desk(colleague(world), filed(where=model.public_id).number)
    assert "Neon" in page and world.bob.email in page and world.studio.name in page


def test_a_number_that_never_was_is_not_found(world: World) -> None:
    client = signed_in(colleague(world))
    for number in ("N-0000-0000", "N-%00"):
        assert client.get(f"/en/desk/{number}").status_code == 404


@pytest.mark.parametrize(("outcome", "state"), [("upheld", CaseState.UPHELD), ("rejected", CaseState.REJECTED)])
def test_a_decision_is_mailed_with_its_reason_and_stands_in_the_log(world: World, outcome: str, state: CaseState) -> None:
    case, me = filed(), colleague(world)
    assert send(me, case, "take-up").status_code == 302
    assert send(me, now(case), "decide", outcome=outcome, reason="We compared both films.").status_code == 302
    assert now(case).state == state
    assert Entry.objects.get(action=f"takedown.{outcome}", subject=case.public_id).actor == me.id
    run_outbox()
    [news] = [sent for sent in mail.outbox if "We compared both films." in sent.body]
    assert news.to == ["eve@example.org"]
    assert "We compared both films." in desk(me, case.number)


def test_a_question_goes_out_and_its_answer_brings_the_notice_back(world: World) -> None:
    case, me = filed(), colleague(world)
    actions.take_up(case=case, by=me)
    assert send(me, now(case), "ask", question="Which scene?").status_code == 302
    assert now(case).state == "asked" and "waits for the claimant" in desk(me, case.number)
    assert send(me, now(case), "take-up").status_code == 409
    actions.answer(case=now(case), words="The last one.")
    assert "The last one." in desk(me, case.number) and case.number in desk(me, "?whose=mine")
    assert Entry.objects.filter(action="takedown.asked", subject=case.public_id, actor=me.id).exists()


@pytest.mark.parametrize(
    ("deed", "typed", "kept"),
    [
        ("decide", {"outcome": "upheld", "reason": ""}, "chosen: upheld"),
        ("decide", {"outcome": "", "reason": "Because."}, "Because."),
        ("decide", {"outcome": "deleted", "reason": "Because."}, "Because."),
        ("decide", {"outcome": "upheld", "reason": "x" * 5001}, "xxxxx"),
        ("ask", {"question": " "}, 'aria-invalid="true"'),
        ("ask", {"question": "Which?", "seen": "yesterday"}, "Which?"),
        ("ask", {"question": "Which?", "seen": "2026-01-01"}, "Which?"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(world: World, deed: str, typed: dict[str, str], kept: str) -> None:
    case, me = filed(), colleague(world)
    actions.take_up(case=case, by=me)
    answer = send(me, now(case), deed, **typed)
    assert answer.status_code == 422 and kept in plain(answer)
    assert now(case).state == "in_review"


def test_a_session_that_ends_while_she_writes_loses_nothing(world: World) -> None:
    case, me, client = filed(), colleague(world), Client()
    typed = {"seen": case.since.isoformat(), "outcome": "rejected", "reason": "Long words."}
    sent = client.post(f"/en/desk/{case.number}/decide", typed, headers={"referer": f"http://testserver/en/desk/{case.number}"})
    assert sent["Location"].endswith(f"next=/en/desk/{case.number}")
    session = dict(client.session)
    client.force_login(me)
    store = client.session
    store.update({"kept_form": session["kept_form"]})
    store.save()
    page = plain(client.get(f"/en/desk/{case.number}"))
    assert "Long words." in page and "chosen: rejected" in page
    assert now(case).state == "received"


def test_of_two_who_decide_at_once_one_wins_and_the_other_reads_why_not(world: World) -> None:
    case, one, other = filed(), colleague(world, "one"), colleague(world, "two")
    assert send(one, case, "decide", outcome="upheld", reason="Hers.").status_code == 302
    late = send(other, case, "decide", outcome="rejected", reason="A long thought.")
    page = late.content.decode()
    assert late.status_code == 409 and "Somebody was quicker" in page
    assert "Nothing of this was sent" in page and "A long thought." in page and "Hers." in page
    assert now(case).state == "upheld"
    assert case.events.filter(kind__in=(Kind.UPHELD, Kind.REJECTED)).count() == 1


def test_of_two_decisions_in_the_same_moment_one_counts(committed: World) -> None:
    case, answers = filed(), list[str]()
    people = [colleague(committed, name) for name in ("one", "two")]

    def decide(by: User) -> None:
        try:
            actions.decide(case=now(case), by=by, upheld=by is people[0], words="So it is.", seen=case.since)
            answers.append("decided")
        except Refused as no:
            answers.append(no.code)

    together(*[partial(decide, each) for each in people])
    assert sorted(answers) == ["decided", "moved_meanwhile"]
    assert case.events.filter(kind__in=(Kind.UPHELD, Kind.REJECTED)).count() == 1


def test_an_answer_that_came_while_she_wrote_is_read_before_anything_is_decided(world: World) -> None:
    case, me = filed(), colleague(world)
    actions.take_up(case=case, by=me)
    actions.ask(case=now(case), by=me, words="Which?")
    opened = now(case)
    actions.answer(case=now(case), words="This one.")
    late = send(me, opened, "decide", outcome="rejected", reason="No answer.")
    page = late.content.decode()
    assert late.status_code == 409 and "This one." in page and "No answer." in page
    assert now(case).state == "in_review"


def test_an_appeal_is_decided_by_somebody_else(world: World) -> None:
    first, second = colleague(world, "first"), colleague(world, "second")
    case = appealed(by=first)
    assert "decided by a colleague" in desk(first, case.number) and 'action="/en/desk/' not in desk(first, case.number).split("<main")[1]
    for deed, typed in (("take-up", {}), ("decide", {"outcome": "rejected", "reason": "Still."})):
        refused = send(first, case, deed, **typed)
        assert refused.status_code == 403 and "decided by a colleague" in refused.content.decode()
    assert "Decide the appeal" in desk(second, case.number)
    send(second, case, "take-up")
    assert send(first, now(case), "ask", question="Why?").status_code == 403
    assert send(second, now(case), "decide", outcome="upheld", reason="We were wrong.").status_code == 302
    assert [event.kind for event in case.events.all()] == ["filed", "rejected", "appealed", "in_review", "upheld"]


def test_the_staffs_mail_leads_to_the_notice(world: World, settings: Any) -> None:
    case = filed()
    run_outbox()
    assert any(f"{settings.PUBLIC_URL}/en/desk/{case.number}" in sent.body for sent in mail.outbox)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_desk_speaks_the_readers_language_and_fits_long_words(world: World, language: str) -> None:
    case = filed(where=world.offering.public_id, work="م" * 300, account="x" * 5000, name="ع" * 200, language="fr")
    client = signed_in(colleague(world))
    for path in ("", case.number):
        page = Read(client.get(("" if language == "fr" else "/en") + f"/desk/{path}").content.decode())
        assert page.every("html")[0]["lang"] == language and not page.inline()
