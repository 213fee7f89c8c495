"""For whoever keeps it running: who is there, why each training waits, what can be done, and what is measured."""

import json
import logging
import threading
import time
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from atelier.audit.models import Entry
from atelier.kit import health, logs
from atelier.kit.refused import Refused
from atelier.trainings import operation, queue, running, seat, slots, steering, worker
from atelier.trainings.models import MAX_ATTEMPTS, Training
from atelier.trainings.slots import Slot
from atelier.trainings.states import TrainingState as S
from tests.world import two_step

from .real import Studio
from .test_queue import expire, state

TOKEN = "scraper"


@pytest.fixture
def here() -> Any:
    """A worker that is there, and goes at the end."""
    slot = Slot(worker=f"test-{time.monotonic_ns()}:1", since=1.0, said=1.0, memory=1 << 20, speed=2.5)
    slots.say(slot)
    yield slot
    slots.leave(slot.worker)


def why(training: Training, *there: Slot) -> str:
    from atelier.licences.queries import database_now

    training.refresh_from_db()
    return operation.why(training, list(there), database_now())


def told(*words: str) -> Any:
    said = StringIO()
    call_command("trainings", *words, stdout=said)
    return json.loads(said.getvalue())


def test_why_each_waits(real: Studio) -> None:
    idle, busy = Slot("a:1", 0, 0), Slot("b:1", 0, 0, training="trn_1")
    draining = Slot("c:1", 0, 0, draining=True)
    training = real.training()
    assert why(training) == "no_worker"
    assert why(training, draining) == "all_draining"
    assert why(training, busy, draining) == "busy"
    assert why(training, busy, idle) == "next"
    queue.claim(training.id, "a:1")
    assert why(training, idle) == "at_work"
    steering.pause(training=training, by=real.world.bob)
    assert why(training, idle) == "stopping"
    running.obey(training.id, Training.objects.get(pk=training.pk).fence)
    assert why(training, idle) == "paused"
    steering.resume(training=training, by=real.world.bob)
    queue.claim(training.id, "a:1")
    expire(training)
    assert why(training, idle) == "takeover"
    Training.objects.filter(pk=training.pk).update(attempts=MAX_ATTEMPTS)
    assert why(training, idle) == "spent"
    queue.sweep()


def test_an_operator_takes_it_from_its_worker_and_another_goes_on(real: Studio) -> None:
    training = real.training()
    first = queue.claim(training.id, "first")
    assert first
    operation.requeue(training=training)
    with pytest.raises(running.LeaseLost):
        running.beat(training.id, first.fence)
    assert queue.claim(training.id, "second") is not None
    assert Entry.objects.filter(subject=training.public_id, action="training.requeue").count() == 1


def test_what_is_over_or_paused_is_not_put_back(real: Studio) -> None:
    training = real.training()
    steering.pause(training=training, by=real.world.bob)
    for _ in range(2):
        with pytest.raises(Refused, match="not_waiting"):
            operation.requeue(training=training)
        if state(training) == S.PAUSED:
            steering.cancel(training=training, by=real.world.bob)


def test_a_worker_is_seen_while_it_says_so_and_hears_that_it_is_to_drain(here: Slot) -> None:
    assert here in slots.seen()
    slots.drain(here.worker)
    assert slots.say(here) is True
    slots.drain(here.worker, False)
    assert slots.say(here) is False
    slots.leave(here.worker)
    assert here not in slots.seen()


def test_a_worker_that_is_asked_to_drain_takes_nothing_until_it_is_let_go(real: Studio) -> None:
    asked, training = threading.Event(), real.training()
    presence = slots.Presence(worker.look, asked)
    try:
        assert _within(lambda: slots.name() in {slot.worker for slot in slots.seen()})
    finally:
        presence.end()
    assert slots.name() not in {slot.worker for slot in slots.seen()}
    seat.asked_to_drain.set()
    try:
        assert worker.look().draining
        assert worker.work(training.id) == "draining"
    finally:
        seat.asked_to_drain.clear()
    assert state(training) == S.QUEUED


def _within(what: Any, seconds: float = 40) -> bool:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(what())


def test_without_the_broker_nobody_is_seen_and_nothing_fails(settings: Any) -> None:
    slots._client.cache_clear()
    settings.VALKEY_URL = "redis://127.0.0.1:9/0"
    assert slots.seen() == []
    slots._client.cache_clear()


def test_the_commands_look_put_back_and_drain(real: Studio, here: Slot) -> None:
    training = real.training()
    one = told("inspect", training.public_id)
    assert (one["state"], one["attempts"], one["checkpoints"]) == ("queued", 0, [])
    everything = told("inspect")
    assert here.worker in {slot["worker"] for slot in everything["workers"]}
    queue.claim(training.id, here.worker)
    assert told("requeue", training.public_id)["why"] == "takeover"
    assert told("drain", here.worker) == {"drain": [here.worker]}
    assert slots.say(here) is True
    assert told("drain", here.worker, "--off") == {"off": [here.worker]}
    for wrong in (("drain", "nobody:1"), ("drain",), ("requeue", "trn_" + "0" * 32)):
        with pytest.raises(CommandError):
            told(*wrong)


def test_the_desk_shows_workers_and_why_each_waits_and_is_nobody_else_s(real: Studio, here: Slot) -> None:
    staff, page = two_step(real.world.person(f"op{time.monotonic_ns()}", is_staff=True)), "/en/desk/trainings"
    training = real.training()
    client = Client()
    client.force_login(staff)
    for address in (page, page.removeprefix("/en")):
        text = client.get(address).content.decode()
        assert here.worker in text and training.public_id in text
    client.post(f"{page}/drain", {"worker": here.worker})
    assert slots.say(here) is True
    client.post(f"{page}/drain", {"worker": here.worker, "off": "1"})
    assert slots.say(here) is False
    queue.claim(training.id, here.worker)
    client.post(f"{page}/{training.public_id}/requeue")
    assert why(training) == "takeover"
    stranger = Client()
    stranger.force_login(real.world.bob)
    assert stranger.get(page).status_code == 404
    assert stranger.post(f"{page}/{training.public_id}/requeue").status_code == 404


def test_metrics_are_for_who_knows_the_token_and_count_what_is_there(real: Studio, here: Slot, settings: Any) -> None:
    client = Client(headers={"Authorization": f"Bearer {TOKEN}"})
    assert client.get("/metrics").status_code == 401
    settings.METRICS_TOKEN = TOKEN
    assert Client().get("/metrics").status_code == 401
    before = _scraped(client)
    training = real.training()
    queue.claim(training.id, "w")
    expire(training)
    queue.claim(training.id, "w")
    after = _scraped(client)
    assert after["atelier_claims_total"] == before["atelier_claims_total"] + 2
    assert after["atelier_leases_lost_total"] == before["atelier_leases_lost_total"] + 1
    assert after['atelier_trainings{state="preflight"}'] == before['atelier_trainings{state="preflight"}'] + 1
    assert after[f'atelier_steps_per_second{{worker="{here.worker}"}}'] == 2.5
    assert after[f'atelier_engine_memory_bytes{{worker="{here.worker}"}}'] == 1 << 20


def test_what_shares_a_pass_is_told_to_the_operator(real: Studio, here: Slot, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    slots.say(replace(here, training="trn_first", beside=("trn_second", "trn_third")))
    scraped = _scraped(Client(headers={"Authorization": f"Bearer {TOKEN}"}))
    assert scraped[f'atelier_pass_width{{worker="{here.worker}"}}'] == 3
    client = Client()
    client.force_login(two_step(real.world.person(f"op{time.monotonic_ns()}", is_staff=True)))
    page = client.get("/en/desk/trainings").content.decode()
    assert all(name in page for name in ("trn_first", "trn_second", "trn_third"))


def _scraped(client: Client) -> dict[str, float]:
    lines = client.get("/metrics").content.decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}


@pytest.fixture
def unasked() -> Any:
    """No answer of an earlier test is given again."""
    health._last = (0.0, None)
    yield
    health._last = (0.0, None)


@pytest.mark.usefixtures("unasked")
def test_it_is_ready_when_everything_is_there(real: Studio) -> None:
    assert Client().get("/health").json() == {"ok": True}
    answer = Client().get("/ready")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert set(answer.json()["checks"]) == {"database", "migrations", "broker", "store", "disk"}


@pytest.mark.usefixtures("unasked")
@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("broker", {"VALKEY_URL": "redis://127.0.0.1:9/0"}),
        ("store", {"S3": {"endpoint_url": "http://127.0.0.1:9"}}),
        ("disk", {"READY_FREE_BYTES": 1 << 62}),
    ],
)
def test_it_is_not_ready_without_and_still_healthy(real: Studio, settings: Any, check: str, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(settings, name, {**getattr(settings, name), **value} if isinstance(value, dict) else value)
    answer = Client().get("/ready")
    assert answer.status_code == 503
    assert [name for name, found in answer.json()["checks"].items() if not found["ok"]] == [check]
    assert "127.0.0.1" not in answer.content.decode()
    assert Client().get("/health").status_code == 200


def test_a_log_line_is_an_object_that_names_its_training() -> None:
    record = logging.LogRecord("atelier", logging.INFO, "", 0, "it is %s", ("done",), None)
    with logs.about(training="trn_1"):
        line = json.loads(logs.JsonFormatter().format(record))
        assert logs.LineFormatter("%(message)s").format(record) == "it is done [training=trn_1]"
    assert (line["message"], line["training"], line["level"]) == ("it is done", "trn_1", "INFO")
    assert "training" not in json.loads(logs.JsonFormatter().format(record))


def test_speed_is_of_the_last_seconds_and_starts_anew_with_a_run(monkeypatch: Any) -> None:
    now = [0.0]
    monkeypatch.setattr(slots.time, "monotonic", lambda: now[0])
    speed = slots.Speed()
    for second in range(1, 7):
        now[0] = float(second)
        speed.reached(second * 2)
    assert speed.value == 2.0
    speed.reached(1)
    assert speed.value == 0.0
