"""Steering from the page and from the API: what is offered in each state, what is answered, and what a program reads."""

import re
from typing import Any

import pytest

from atelier.kit import news
from atelier.trainings import queue, running, steering, tasks
from atelier.trainings.models import Training
from atelier.trainings.states import TrainingState as S
from tests.visits import signed_in
from tests.world import client_of

from .real import Studio
from .test_steering import made, midway, paused
from .test_watching import LANGUAGES, address, page


def offered(text: str) -> set[str]:
    """What the page lets her do."""
    return {name for name, rest in re.findall(r'data-offer="(\w+)"([^>]*)>', text) if "hidden" not in rest}


def test_each_state_offers_what_can_be_done_in_it(real: Studio) -> None:
    training, fence = midway(real)
    assert offered(page(real, training)) == {"pause", "finish", "cancel"}
    steering.pause(training=training, by=real.world.bob)
    assert offered(page(real, training)) == {"resume", "finish", "cancel"}
    running.obey(training.id, fence)
    assert offered(page(real, training)) == {"resume", "finish", "cancel"}
    steering.cancel(training=training, by=real.world.bob)
    assert offered(page(real, training)) == {"finish"}
    assert offered(page(real, real.training())) == {"pause", "cancel"}


def test_a_run_that_is_over_offers_nothing(real: Studio) -> None:
    training, fence = midway(real)
    made(training, fence, 4)
    text = page(real, training)
    assert offered(text) == set() and "data-steer hidden" in text


def test_what_is_being_finished_can_only_be_cancelled(real: Studio) -> None:
    training, _ = midway(real)
    steering.finish(training=training, by=real.world.bob)
    text = page(real, training)
    assert offered(text) == {"cancel"}
    assert "You were content with step 2" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_paused_and_resumed_from_the_page(real: Studio, language: str) -> None:
    training, fence = midway(real)
    asked = signed_in(real.world.bob).post(address("training-pause", training, language), follow=True)
    assert asked.status_code == 200 and 'class="alert"' in asked.content.decode()
    running.obey(training.id, fence)
    text = page(real, training, language)
    assert "data-open" in text and "<time datetime=" in text
    signed_in(real.world.bob).post(address("training-resume", training, language))
    training.refresh_from_db()
    assert training.state == S.QUEUED


def test_a_paused_one_says_until_when_and_offers_its_stored_steps(real: Studio) -> None:
    training = paused(real)
    text = page(real, training)
    assert "If you do nothing, it is cancelled on" in text
    assert '<option value="2">step 2</option>' in text and '<option value="">' not in text


def test_a_cancelled_one_becomes_a_model_from_the_page(real: Studio) -> None:
    training, fence = midway(real)
    steering.cancel(training=training, by=real.world.bob)
    running.obey(training.id, fence)
    assert "What it learned is kept" in page(real, training)
    for step, told in (("7", "Step 7 is not stored."), ("nonsense", "made from step 2"), ("2", "made from step 2")):
        text = signed_in(real.world.bob).post(address("training-finish", training), {"step": step}, follow=True).content.decode()
        assert told in text
    training.refresh_from_db()
    assert (training.state, training.finish_at) == (S.QUEUED, 2)


def test_done_early_it_says_at_which_step_and_what_was_charged(real: Studio) -> None:
    training, fence = midway(real)
    steering.finish(training=training, by=real.world.bob)
    made(training, fence, 2)
    assert "You were content with step 2 of 4." in page(real, training)


def test_a_program_pauses_resumes_and_finishes(real: Studio) -> None:
    training, fence = midway(real)
    api, where = client_of(real.world.bob), f"/api/v1/trainings/{training.public_id}"
    keyed: dict[str, Any] = {"format": "json", "headers": {"Idempotency-Key": f"pause-{training.pk}"}}
    first, again = (api.post(f"{where}/pause", **keyed) for _ in range(2))
    assert (first.status_code, first.json()["wish"], again["Idempotent-Replayed"]) == (200, "pause", "true")
    running.obey(training.id, fence)
    assert api.get(where).json()["state"] == "paused"
    assert [row["step"] for row in api.get(f"{where}/checkpoints").json()["results"]] == [2]
    assert api.post(f"{where}/resume", {}, format="json").json()["state"] == "queued"
    unknown = api.post(f"{where}/finish", {"step": 3}, format="json")
    assert (unknown.status_code, unknown.json()["code"], unknown.json()["step"]) == (422, "no_such_checkpoint", 3)
    for wrong in ("2", 0, 2.5, True):
        assert api.post(f"{where}/finish", {"step": wrong}, format="json").status_code == 422
    assert api.post(f"{where}/finish", {"step": 2}, format="json").json()["finish_at"] == 2
    late = api.post(f"{where}/pause", {}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "too_late_to_pause")
    assert api.post(f"{where}/cancel", {}, format="json").json()["state"] == "cancelled"
    assert api.post(f"{where}/resume", {}, format="json").json()["code"] == "already_over"
    assert Training.objects.get(pk=training.pk).finish_at == 2


def test_who_listens_is_told_how_it_ended_once_it_is_over(real: Studio, monkeypatch: Any) -> None:
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(news, "LISTENERS", [lambda **told: heard.append(told)])
    training, fence = midway(real)
    steering.cancel(training=training, by=real.world.bob)
    running.obey(training.id, fence)
    tasks.tell_over(training=str(training.pk))
    steering.finish(training=training, by=real.world.bob)
    tasks.tell_over(training=str(training.pk))  # late: it goes on meanwhile
    claim = queue.claim(training.id, "w")
    assert claim
    model = made(training, claim.fence, 2)
    tasks.tell_over(training=str(training.pk))
    assert [(told["person"], told["kind"]) for told in heard] == [
        (real.world.bob.pk, "training.cancelled"),
        (real.world.bob.pk, "training.done"),
    ]
    assert model and [told["facts"]["model"] for told in heard] == [None, model.public_id]
    assert heard[0]["facts"]["code"] == "cancelled" and heard[1]["facts"]["step"] == 2
