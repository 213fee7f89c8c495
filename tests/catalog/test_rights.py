"""The register: titles and their EIDRs, what is said of their rights, and the performers in them."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from atelier.audit.models import Entry
from atelier.catalog import eidr, rights
from atelier.catalog.models import Clearance, Performer, Title
from atelier.kit import store
from atelier.kit.refused import Refused
from tests.world import World, client_of

from . import tiny

pytestmark = pytest.mark.django_db
REAL = "10.5240/7791-8534-2C23-9030-8610-5"
SCOPE: dict[str, Any] = {"uses": "Her face in films of this house.", "representation": "counsel"}


def refused(verb: Any, **arguments: Any) -> str:
    with pytest.raises(Refused) as caught:
        verb(**arguments)
    return caught.value.code


@pytest.fixture
def title(world: World) -> Title:
    return rights.add_title(studio=world.studio, by=world.alice, name="Le Jour", year=1999, eidr=REAL)


def test_an_eidr_is_checked_to_its_last_sign() -> None:
    assert eidr.checked(f" {REAL.lower()} ") == REAL
    assert eidr.checked("") == ""
    assert refused(eidr.checked, text="10.5240/7791") == "eidr_malformed"
    head, digits = REAL[:8], REAL[8:-2]
    for place in [place for place, sign in enumerate(digits) if sign != "-"]:
        wrong = "A" if digits[place] != "A" else "B"
        assert refused(eidr.checked, text=f"{head}{digits[:place]}{wrong}{digits[place + 1 :]}-5") == "eidr_mistyped"


def test_an_eidr_stands_once_in_a_register(world: World, title: Title) -> None:
    again = {"studio": world.studio, "by": world.alice, "name": "Le Jour bis", "eidr": REAL}
    assert refused(rights.add_title, **again) == "eidr_taken"
    assert rights.correct_title(title=title, by=world.alice, name="Le jour", year=None, eidr=REAL).year is None


def test_what_was_said_last_of_a_title_counts_and_what_was_said_before_stays(world: World, title: Title) -> None:
    assert title.clearance == "pending"
    rights.clear(title=title, by=world.alice, state="cleared", basis="owned", evidence="Chain of title, 2021.")
    rights.clear(title=title, by=world.alice, state="excluded", evidence="A heir objects.")
    title.refresh_from_db()
    assert title.clearance == "excluded"
    assert [row.state for row in title.clearances.all()] == ["excluded", "cleared"]
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        Clearance.objects.update(state="cleared")
    assert Entry.objects.filter(action="title.clearance", titles__contains=[title.public_id]).count() == 2


def test_a_title_is_cleared_on_a_basis_and_on_grounds(world: World, title: Title) -> None:
    said = {"title": title, "by": world.alice, "state": "cleared"}
    assert refused(rights.clear, **said, evidence="A contract.") == "basis_missing"
    assert refused(rights.clear, **said, basis="owned", evidence=" ") == "grounds_missing"
    kept = rights.clear(**said, basis="licensed", paper=("../Vertrag.exe", b"\x89PNG\r\n\x1a\n"))
    assert (kept.paper_name, kept.paper_type) == ("Vertrag.png", "image/png")
    assert store.get_bytes(store.MATERIAL, kept.paper_key).startswith(b"\x89PNG")


@pytest.mark.parametrize("state", ["pending", "excluded"])
def test_a_base_that_learned_from_a_title_that_is_not_cleared_is_refused_by_its_name(world: World, title: Title, state: str) -> None:
    rights.clear(title=title, by=world.alice, state=state)
    body = tiny.described(world, tiny.directory(), titles=[title.public_id])
    answer = client_of(world.alice).post("/api/v1/bases", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "title_not_cleared")
    assert "“Le Jour”" in answer.json()["detail"]


def test_a_title_that_was_excluded_meanwhile_holds_up_publication(world: World, title: Title) -> None:
    rights.clear(title=title, by=world.alice, state="cleared", basis="owned", evidence="Ours.")
    client, files = client_of(world.alice), tiny.directory()
    base = client.post("/api/v1/bases", tiny.described(world, files, titles=[title.public_id]), format="json").json()["id"]
    tiny.upload(world.alice, base, files)
    rights.clear(title=title, by=world.alice, state="excluded")
    assert client.post(f"/api/v1/bases/{base}/publish").json()["code"] == "title_not_cleared"
    rights.clear(title=title, by=world.alice, state="cleared", basis="owned", evidence="Ours after all.")
    assert client.post(f"/api/v1/bases/{base}/publish").status_code == 202


def test_a_title_that_something_learned_from_keeps_its_name(world: World) -> None:
    title = world.version.titles.get()
    correct = {"title": title, "by": world.alice, "year": 2020, "eidr": ""}
    assert refused(rights.correct_title, **correct, name="Another") == "title_in_use"
    assert rights.correct_title(**correct, name=title.name).year == 2020


def test_performers_are_recorded_with_what_they_agreed_to(world: World, title: Title) -> None:
    her = rights.add_performer(studio=world.studio, by=world.alice, name="Ada Example", **SCOPE, ends_on=date(2030, 1, 1))
    rights.cast(title=title, performer=her, by=world.alice, role="Nora")
    rights.cast(title=title, performer=her, by=world.alice, role="Nora, older")
    assert [(row.performer, row.role) for row in title.cast.all()] == [(her, "Nora, older")]
    assert refused(rights.add_performer, studio=world.studio, by=world.alice, name="Ada Example", **SCOPE) == "performer_taken"
    assert her.holds_on(date(2030, 1, 1)) and not her.holds_on(date(2030, 1, 2))
    rights.uncast(title=title, performer=her, by=world.alice)
    assert not title.performers.exists()


def test_a_withdrawn_consent_is_not_revised(world: World) -> None:
    her = rights.add_performer(studio=world.studio, by=world.alice, name="Ada Example", **SCOPE)
    assert rights.revise_performer(performer=her, by=world.alice, **SCOPE | {"representation": "union"}).representation == "union"
    assert rights.withdraw_performer(performer=her, by=world.alice).withdrawn_at
    assert refused(rights.revise_performer, performer=her, by=world.alice, **SCOPE) == "consent_withdrawn"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"uses": "all"}, "uses_missing"),
        ({"deceased": True}, "estate_missing"),
        ({"begins_on": date(2026, 2, 2), "ends_on": date(2026, 2, 1)}, "ends_before_it_begins"),
    ],
)
def test_an_agreement_that_would_not_hold_is_refused(world: World, change: dict[str, Any], code: str) -> None:
    assert refused(rights.add_performer, studio=world.studio, by=world.alice, name="Ada", **SCOPE | change) == code
    assert not Performer.objects.filter(studio=world.studio).exists()


def test_no_performer_s_name_is_in_the_log(world: World) -> None:
    her = rights.add_performer(studio=world.studio, by=world.alice, name="Ada Example", **SCOPE)
    assert "Ada" not in str(list(Entry.objects.filter(subject=her.public_id).values()))


def test_a_performer_of_another_studio_is_not_cast(world: World, title: Title) -> None:
    other = World()
    hers = rights.add_performer(studio=other.studio, by=other.alice, name="Ada", **SCOPE)
    answer = client_of(world.alice).post(f"/api/v1/titles/{title.public_id}/performers", {"performer": hers.public_id}, format="json")
    assert answer.status_code == 404
    assert refused(rights.cast, title=title, performer=hers, by=world.alice) == "foreign_performer"


def test_the_api_tells_titles_with_their_clearance_without_a_question_for_each(world: World, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        rights.add_title(studio=world.studio, by=world.alice, name=f"Film {number}")
    client = client_of(world.alice)
    with django_assert_max_num_queries(14):
        rows = client.get("/api/v1/titles").json()["results"]
    assert {row["clearance"] for row in rows} == {"pending"}
    assert connection.queries_log is not None
