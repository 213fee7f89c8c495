"""The log only grows, stands in the transaction of its deed, and leaves as a CSV that no spreadsheet runs."""

import csv
import io
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from atelier.audit import queries
from atelier.audit.actions import record
from atelier.audit.models import Entry
from tests.world import World, client_of


@pytest.mark.parametrize("deed", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry CASCADE"])
def test_the_database_refuses_to_change_it(studio: Any, deed: str) -> None:
    assert Entry.objects.filter(studio=studio.id).exists()
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed)


def test_an_entry_without_a_transaction_is_a_bug(committed: World) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        record(action="x", subject="y", studio=None, actor=None)


def test_an_entry_goes_with_the_deed_that_failed(studio: Any) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        record(action="test.deed", subject="x", studio=studio.id, actor=None)
        raise KeyError
    assert not Entry.objects.filter(action="test.deed").exists()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_of_the_csv_runs_as_a_formula(studio: Any, cell: str) -> None:
    record(action=cell, subject=cell, titles=[cell], studio=studio.id, actor=None, name=cell)
    text = "".join(queries.as_csv(queries.of_studio(studio.id)))
    header, newest, *_ = csv.reader(io.StringIO(text))
    assert tuple(header) == queries.COLUMNS
    assert not [each for each in newest if each.startswith(queries.FORMULA_STARTS)]
    assert f"'{cell}" in newest


def test_an_auditor_reads_and_filters_it(world: World, studio: Any, dave: Any, licence: Any) -> None:
    client = client_of(dave)
    everything = client.get(f"/api/v1/studios/{studio.public_id}/audit").json()["results"]
    assert {"studio.open", "studio.join", "licence.grant"} <= {entry["action"] for entry in everything}
    only = client.get(f"/api/v1/studios/{studio.public_id}/audit", {"licence": licence.public_id}).json()["results"]
    assert [entry["action"] for entry in only] == ["licence.grant"]
    assert only[0]["titles"][0].startswith("ttl_")
    title = only[0]["titles"][0]
    of_title = client.get(f"/api/v1/studios/{studio.public_id}/audit", {"title": title, "action": "licence."}).json()["results"]
    assert [entry["subject"] for entry in of_title] == [licence.public_id]
    usage = client.get(f"/api/v1/studios/{studio.public_id}/usage").json()
    assert [(row["title"], row["times"]) for row in usage if row["action"] == "licence.grant"] == [(title, 1)]
    sheet = client.get(f"/api/v1/studios/{studio.public_id}/audit.csv")
    assert sheet["Content-Disposition"].startswith("attachment")
    assert b"licence.grant" in b"".join(sheet.streaming_content)


def test_people_stand_in_it_by_opaque_id_only(world: World, licence: Any) -> None:
    told = "".join(queries.as_csv(queries.of_studio(world.studio.id)))
    assert world.bob.public_id in told
    for person in (world.alice, world.bob):
        assert person.email not in told


def test_a_stranger_gets_404_and_an_auditor_changes_nothing(world: World, studio: Any, carol: Any, dave: Any) -> None:
    assert client_of(carol).get(f"/api/v1/studios/{studio.public_id}/audit").status_code == 404
    answer = client_of(dave).post(f"/api/v1/studios/{studio.public_id}/members", {"email": carol.email, "role": "auditor"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
