"""The studio's room: what its members see and do there, and nobody else."""

import csv
import io
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from django.test import Client

from atelier.accounts.actions import open_studio
from atelier.accounts.models import Studio
from atelier.catalog.models import Tier, Title
from atelier.ledger.actions import Move, account, post
from atelier.ledger.models import Kind
from atelier.licences.actions import suspend
from tests.world import World, two_step

from .busy import SECRET, Busy

pytestmark = pytest.mark.django_db


def page_of(person: Any, path: str, **asked: Any) -> Any:
    client = Client()
    client.force_login(person)
    return client.get(path, asked)


@pytest.fixture
def busy(world: World) -> Busy:
    return Busy(world)


def test_somebody_without_a_studio_reads_what_one_is_and_opens_hers(bob: Any) -> None:
    client = Client()
    client.force_login(bob)
    text = client.get("/en/studio/").content.decode()
    assert "Open your studio" in text and 'value="FR"' in text
    wrong = client.post("/en/studio/", {"name": "", "country": "XX"})
    assert wrong.status_code == 422
    answer = client.post("/en/studio/", {"name": "Nuit", "country": "BE"})
    studio = Studio.objects.get(name="Nuit")
    assert (answer.status_code, answer["Location"]) == (302, f"/en/account/two-step?next=%2Fen%2Fstudio%2F{studio.public_id}")
    two_step(bob)
    assert "From a film to its first licence" in client.get(f"/en/studio/{studio.public_id}").content.decode()


def test_the_overview_tells_the_week_the_income_and_what_waits(world: World, busy: Busy) -> None:
    licence = busy.licence()
    busy.model(busy.training(licence, days_ago=1))
    busy.training(licence, state="running")
    title = world.version.titles.get()
    move = Move(account(Kind.PAYMENTS, "EUR"), account(Kind.STUDIO, "EUR", title.pk), 4150)
    post(kind="sale", key=f"test:{licence.pk}", subject="x", moves=[move])
    suspend(licence=busy.licence(), reason="a doubt", by=world.alice.pk)
    text = page_of(world.dave, f"/en/studio/{world.studio.public_id}").content.decode()
    assert "€41.50" in text and "1 live licence" in text and "1 licence is suspended by you" in text
    assert "running</span>" in text and SECRET not in text and world.bob.email not in text
    assert page_of(world.carol, f"/studio/{world.studio.public_id}").status_code == 404


def test_a_form_sent_after_the_session_ended_is_found_again(world: World) -> None:
    client, page = Client(), f"/en/studio/{world.studio.public_id}/members"
    answer = client.post(page, {"email": "zoe@example.org", "role": "auditor"}, headers={"referer": f"http://testserver{page}"})
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]
    client.force_login(world.alice)
    assert 'value="zoe@example.org"' in client.get(page).content.decode()


def test_one_studio_opens_at_once_and_several_are_chosen_from(world: World) -> None:
    room = f"/studio/{world.studio.public_id}"
    assert page_of(world.alice, "/studio/")["Location"] == room
    other = open_studio(owner=world.alice, name="Jour", country="FR")
    text = page_of(world.alice, "/studio/").content.decode()
    assert room in text and other.public_id in text
    assert other.public_id in page_of(world.alice, room).content.decode()


def test_the_usage_page_shows_who_made_what_in_both_languages(world: World, busy: Busy) -> None:
    licence = busy.licence()
    busy.download(busy.model(busy.training(licence, days_ago=2)))
    path = f"/studio/{world.studio.public_id}/usage"
    for prefix in ("", "/en"):
        text = page_of(world.alice, prefix + path).content.decode()
        assert world.bob.public_id in text and licence.public_id in text and "La Nuit claire" in text
        assert SECRET not in text and world.bob.email not in text
        assert '<svg viewBox="0 0 300 100"' in text
        assert 'style="' not in text


def test_a_filter_that_makes_no_sense_is_said_and_what_was_typed_stays(world: World) -> None:
    path = f"/en/studio/{world.studio.public_id}/usage"
    answer = page_of(world.alice, path, since="2026-13-01", who="bob")
    assert answer.status_code == 422
    assert 'value="bob"' in answer.content.decode() and "Write the whole id" in answer.content.decode()
    assert page_of(world.alice, path + ".csv", who="bob").status_code == 422


def test_exports_have_exactly_the_filtered_rows(world: World, busy: Busy) -> None:
    one, other = busy.licence(), busy.licence(holder=world.carol)
    busy.training(one, days_ago=1)
    busy.download(busy.model(busy.training(other, days_ago=2)))
    path = f"/studio/{world.studio.public_id}/usage"
    asked = {"who": world.carol.public_id}
    sheet = b"".join(page_of(world.alice, path + ".csv", **asked).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [row["kind"] for row in rows] == ["download", "training"]
    assert {row["creator"] for row in rows} == {world.carol.public_id}
    assert SECRET not in sheet and world.carol.email not in sheet
    table = pq.read_table(io.BytesIO(b"".join(page_of(world.alice, path + ".parquet", **asked).streaming_content)))
    assert table.column_names == list(rows[0])
    assert table.column("use").to_pylist() == [row["use"] for row in rows]
    assert table.column("media").to_pylist() == [["web"], ["web"]]


def test_no_cell_of_the_usage_sheet_runs_as_a_formula(world: World, busy: Busy) -> None:
    tier = world.tier()
    Tier.objects.filter(pk=tier.pk).update(name="@SUM(A1)")
    busy.training(busy.licence(tier=tier))
    Title.objects.update(name="=1+1")
    text = b"".join(page_of(world.alice, f"/studio/{world.studio.public_id}/usage.csv").streaming_content).decode()
    _, row = csv.reader(io.StringIO(text))
    assert "'=1+1" in row and "'@SUM(A1)" in row
