"""The page on who can be recognised, and the API of consents."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from atelier.material import actions, attestation, consents
from atelier.material.models import Consent, Question
from atelier.material.queries import consent_of
from tests.visits import text
from tests.world import World, client_of

from .conftest import ready

pytestmark = pytest.mark.django_db
GIVEN: dict[str, Any] = {
    "performer": "Ada Example",
    "uses": "Her face in this teaser.",
    "representation": "union",
    "evidence": "In the binder.",
}


@pytest.fixture
def page(bob: Any) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def questions(dataset: Any, film: bytes) -> list[Question]:
    return [consents.ask(asset=ready(dataset, film, f"{name}.mp4", caption="somebody walks")) for name in ("one", "two")]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_dataset_without_faces_has_nobody_to_ask_about(page: Client, dataset: Any, prefix: str) -> None:
    answer = page.get(f"{prefix}/datasets/{dataset.public_id}/people")
    assert answer.status_code == 200 and 'class="empty"' in text(answer)


def test_many_are_answered_at_once_and_the_next_step_follows(page: Client, dataset: Any, questions: list[Question]) -> None:
    where = f"/en/datasets/{dataset.public_id}"
    assert "say whether anybody can be recognised in 2 clips" in text(page.get(where))
    assert all(question.public_id in text(page.get(f"{where}/people")) for question in questions)
    answer = page.post(f"{where}/people", {"do": "nobody", "question": [row.public_id for row in questions]}, follow=True)
    assert "2 clips are answered" in text(answer)
    assert "declare your rights and seal it" in text(page.get(where))


def test_nothing_ticked_is_told_and_changes_nothing(page: Client, dataset: Any, questions: list[Question]) -> None:
    answer = page.post(f"/en/datasets/{dataset.public_id}/people", {"do": "nobody"}, follow=True)
    assert "Tick the clips" in text(answer) and consent_of(dataset) == "missing"


def test_a_consent_is_recorded_with_its_paper_tied_and_shown(page: Client, dataset: Any, questions: list[Question]) -> None:
    where = f"/en/datasets/{dataset.public_id}/people"
    paper = SimpleUploadedFile("release.pdf", b"%PDF-1.4 signed", "application/pdf")
    assert page.post(f"{where}/new", GIVEN | {"paper": paper}).status_code == 302
    consent = Consent.objects.get()
    tied = {"do": "consented", "question": [row.public_id for row in questions], "consent": consent.public_id}
    shown = page.post(where, tied, follow=True)
    assert "release.pdf" in text(shown) and consent_of(dataset) == "given"
    assert page.get(f"/en/consents/{consent.public_id}/paper").status_code == 302


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"performer": ""}, "performer"),
        ({"uses": "all"}, "uses"),
        ({"evidence": ""}, "evidence"),
        ({"deceased": "on"}, "estate"),
        ({"begins_on": "2026-02-02", "ends_on": "2026-02-01"}, "ends_on"),
        ({"paper": SimpleUploadedFile("a.pdf", b"MZ")}, "paper"),
    ],
)
def test_what_is_missing_stands_at_its_field_with_all_that_was_typed(
    page: Client, dataset: Any, change: dict[str, Any], field: str
) -> None:
    answer = page.post(f"/en/datasets/{dataset.public_id}/people/new", GIVEN | change)
    assert answer.status_code == 422
    assert (f'id="id_{field}_error"' in text(answer) and "teaser" in text(answer)) or field == "uses"
    assert not Consent.objects.exists()


def test_a_consent_is_taken_back_where_one_sees_what_that_reaches(page: Client, dataset: Any, questions: list[Question]) -> None:
    consent = consents.record_consent(dataset=dataset, **GIVEN)
    consents.answer_consented(dataset=dataset, questions=questions, consents=[consent])
    people, where = f"/en/datasets/{dataset.public_id}/people", f"/en/withdraw/{consent.public_id}"
    assert f'href="{where}"' in text(page.get(people))
    assert "Ada Example" in text(page.get(where)) and consent_of(dataset) == "given"
    page.post(where, {"reason": "She has changed her mind.", "sure": "on"})
    assert consent_of(dataset) == "withdrawn"
    told = text(page.get(people))
    assert "A consent was taken back." in told and where not in told


def test_an_answer_is_taken_back(page: Client, dataset: Any, questions: list[Question]) -> None:
    consents.answer_nobody(dataset=dataset, questions=questions)
    page.post(f"/en/questions/{questions[0].public_id}/reopen")
    assert consent_of(dataset) == "missing"


def test_its_owner_asks_at_the_clip(page: Client, dataset: Any, film: bytes) -> None:
    asset = ready(dataset, film, caption="a voice")
    assert page.post(f"/en/clips/{asset.public_id}/question").status_code == 302
    assert asset.public_id in text(page.get(f"/en/datasets/{dataset.public_id}?show=asked"))


def test_what_is_open_stands_on_the_page_of_the_seal_and_refuses_it(page: Client, dataset: Any, questions: list[Question]) -> None:
    actions.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
    where = f"/en/datasets/{dataset.public_id}/seal"
    assert "Somebody may be recognised in 2 clips" in text(page.get(where))
    assert "one.mp4" in text(page.post(where, follow=True))
    answer = client_of(dataset.owner).post(f"/api/v1/datasets/{dataset.public_id}/seal")
    assert (answer.status_code, answer.json()["code"]) == (409, "QUESTIONS_OPEN")


def test_the_same_by_the_api(world: World, dataset: Any, questions: list[Question]) -> None:
    client, where = client_of(world.bob), f"/api/v1/datasets/{dataset.public_id}"
    assert [row["state"] for row in client.get(f"{where}/questions").json()["results"]] == ["open", "open"]
    consent = client.post(f"{where}/consents", GIVEN, format="json")
    assert consent.status_code == 201, consent.json()
    answer = {"answer": "consented", "consents": [consent.json()["id"]]}
    assert client.post(f"{where}/questions/answers", answer, format="json").json() == {"answered": 2}
    taken = client.post(f"/api/v1/consents/{consent.json()['id']}/withdraw").json()
    assert taken["withdrawn_at"] and consent_of(dataset) == "withdrawn"


def test_nobody_else_sees_any_of_it_her_studio_included(world: World, dataset: Any, questions: list[Question]) -> None:
    consent = consents.record_consent(dataset=dataset, **GIVEN, paper=("a.pdf", b"%PDF-1.4"))
    for person in (world.alice, world.dave, world.carol):
        client = Client()
        client.force_login(person)
        for where in (
            f"datasets/{dataset.public_id}/people",
            f"consents/{consent.public_id}/paper",
            f"withdraw/{consent.public_id}",
        ):
            assert client.get(f"/en/{where}").status_code == 404
