"""When the judge says no, nothing happens: no page, no operation and no task changes a row, an object or a posting."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from atelier.kit import store
from atelier.library import tasks
from atelier.library.models import Handover, Outcome
from atelier.licences import queries
from atelier.material.models import Dataset
from atelier.trainings.models import Training
from licensing.verdict import Code, Verdict, refuse
from tests.api.tenancy.stage import Stage, rolled_back
from tests.api.tenancy.table import lines

TABLE = lines()
# What a refusal may leave behind: that somebody was here, and the log.
LOGS = ("django_session", "audit_", "usersessions_", "accounts_apitoken")
SHA = "0" * 64
# What cannot be done without asking him. That a page asks him too, to say what she may, is not counted on.
DEEDS = {
    *(
        "quotes_ask",
        "trainings_start",
        "trainings_resume",
        "trainings_finish",
        "models_hand_over",
        "handovers_get",
        "licences_base_download",
        "assets_add",
        "datasets_mean",
        "datasets_seal",
    ),
    *(f"POST /trainings/{{training}}/{deed}" for deed in ("resume", "finish")),
    *("POST /models/{model}/handovers", "GET /handovers/{handover}/file", "GET /models/{model}/files/{artifact}"),
    *("GET /models/{model}/previews/{preview}/{form}", "GET /trainings/{training}/previews/{preview}/{form}"),
    *("POST /datasets/{dataset}/licence", "POST /datasets/{dataset}/seal"),
    *("POST /licences/{licence}/base", "POST /trainings/new/{draft}/launch"),
}


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    with django_db_blocker.unblock(), rolled_back():
        yield Stage()


def state() -> dict[str, tuple[int, int]]:
    """Of every table how many rows it has, and a sum over what stands in them."""
    tables = [name for name in connection.introspection.table_names() if not name.startswith(LOGS)]
    query = " UNION ALL ".join(f"SELECT '{name}', count(*), coalesce(sum(hashtext(t::text)), 0) FROM {name} t" for name in tables)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name: (rows, sum_) for name, rows, sum_ in cursor.fetchall()}


def objects() -> set[tuple[str, str, str]]:
    found = set()
    for name in (store.QUARANTINE, store.MATERIAL, store.MODELS):
        for page in store.client().get_paginator("list_objects_v2").paginate(Bucket=store.bucket(name)):
            found |= {(name, each["Key"], each["ETag"]) for each in page.get("Contents", [])}
    return found


@pytest.fixture
def ready(stage: Stage) -> Iterator[Stage]:
    """With a copy that is ready, a training that is paused and an open dataset that names its licence, so that more of what may be asked
    gets as far as the judge."""
    with rolled_back():
        handover = Handover.objects.select_related("artifact").get()
        copy = {"key": handover.artifact.key, "sha256": SHA, "tensors": f"sha256:{SHA}", "signed_by": SHA, "bytes": 1}
        Outcome.objects.create(handover=handover, **copy)
        Training.objects.filter(pk=Training.parse_id(stage.ids["training"])).update(state="paused")
        Dataset.objects.filter(pk=Dataset.parse_id(stage.ids["dataset"])).update(licence=stage.licence)
        yield stage


def consulted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The operations in which the judge is asked. He answers as he would."""
    honest, asked = queries.decide, set()
    for line in TABLE.values():

        def listening(*question: Any, operation: str = line.operation) -> Verdict:
            asked.add(operation)
            return honest(*question)

        monkeypatch.setattr(queries, "decide", listening)
        with rolled_back():
            stage.ask(stage.clients[line.rightful], line.operation)
    return asked


def test_an_operation_that_asks_the_judge_changes_nothing_when_he_says_no(ready: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = consulted(ready, monkeypatch)
    assert found >= DEEDS
    monkeypatch.setattr(queries, "decide", lambda *_: refuse(Code.REVOKED))
    rows, things = state(), objects()
    for operation in sorted(found):
        with rolled_back():
            answer = ready.ask(ready.clients[TABLE[operation].rightful], operation)
            after = state()
            assert after == rows, (operation, answer.status_code, [name for name in rows if after[name] != rows[name]])
            assert operation not in DEEDS or answer.status_code in (302, 409, 422), (operation, answer.status_code)
    assert objects() == things  # no rollback takes an object back


def test_a_task_that_asks_the_judge_makes_nothing_when_he_says_no(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """But the outcome, which tells whoever waits for it why there is none."""
    handover = Handover.objects.get()
    monkeypatch.setattr(queries, "decide", lambda *_: refuse(Code.REVOKED))
    with rolled_back():
        rows, things = state(), objects()
        tasks.stamp(handover=str(handover.pk))
        after = state()
        assert [name for name in rows if after[name] != rows[name]] == ["library_outcome"]
        assert Outcome.objects.get(handover=handover).code == "REVOKED"
        assert objects() == things
