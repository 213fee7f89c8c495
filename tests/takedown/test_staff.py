"""The staff's pages for notices, as a browser uses them."""

import pytest
from django.core import mail
from django.test import Client

from atelier.takedown import actions
from atelier.takedown.models import Case
from tests.world import World, run_outbox, two_step

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.takedown.staff_urls")]
# What the inline of past events sends along.
NO_EVENTS = {"events-TOTAL_FORMS": "0", "events-INITIAL_FORMS": "0"}


@pytest.fixture
def case(world: World) -> Case:
    said = {"matter": "work", "work": "La Nuit claire", "where": "", "account": "It is ours.", "capacity": "self", "organisation": ""}
    signed = {"name": "Eve", "signature": "Eve", "email": "eve@example.org", "statement": "true"}
    return actions.file(notice=actions.Notice(**said, **signed), language="en")


@pytest.fixture
def staff(world: World, client: Client) -> Client:
    client.force_login(two_step(world.person("staff", is_staff=True, is_superuser=True)))
    return client


def test_the_list_and_the_case_are_shown(staff: Client, case: Case) -> None:
    assert case.number in staff.get("/admin/takedown/case/").content.decode()
    text = staff.get(f"/admin/takedown/case/{case.pk}/change/").content.decode()
    assert "It is ours." in text and 'name="decision"' in text and 'name="work"' not in text


def test_a_decision_without_its_reason_is_sent_back(staff: Client, case: Case) -> None:
    answer = staff.post(f"/admin/takedown/case/{case.pk}/change/", {"decision": "upheld", "words": "", **NO_EVENTS})
    assert answer.status_code == 200 and "needs its reason" in answer.content.decode()
    assert Case.objects.get(pk=case.pk).state == "received"


def test_a_decision_reaches_the_claimant(staff: Client, case: Case) -> None:
    answer = staff.post(f"/admin/takedown/case/{case.pk}/change/", {"decision": "upheld", "words": "You are right.", **NO_EVENTS})
    assert answer.status_code == 302
    assert Case.objects.get(pk=case.pk).state == "upheld"
    run_outbox()
    assert any("You are right." in sent.body for sent in mail.outbox)


def test_cases_are_taken_up_from_the_list(staff: Client, case: Case) -> None:
    staff.post("/admin/takedown/case/", {"action": "take_up", "_selected_action": [str(case.pk)]})
    assert Case.objects.get(pk=case.pk).state == "in_review"
    staff.post("/admin/takedown/case/", {"action": "take_up", "_selected_action": [str(case.pk)]})
    assert case.events.count() == 2


def test_the_staffs_mail_leads_to_the_case(staff: Client, case: Case) -> None:
    run_outbox()
    assert any(f"/admin/takedown/case/{case.pk}/change/" in sent.body for sent in mail.outbox)
