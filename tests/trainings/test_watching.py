"""The page of a training: everything from rows, for whoever comes back; the stream on top of it; nothing for strangers."""

import asyncio
import json
import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from atelier.kit.models import Message
from atelier.library.models import Curve, Point, Preview
from atelier.trainings import live, queue, running, steering, tasks, watching, worker
from atelier.trainings.curve import MOST_POINTS, Thinned, curves
from atelier.trainings.models import Training
from atelier.trainings.states import TrainingState as S
from atelier.trainings.words import NEXTS, WHYS, between, ending, span
from tests.visits import signed_in
from tests.world import run_outbox

from .real import Studio

LANGUAGES = ("fr", "en")
NO = "\u00a0"


def address(name: str, training: Training, language: str = "en", **kept: str) -> str:
    with override(language):
        return reverse(name, kwargs={"training": training.public_id, **kept})


def page(real: Studio, training: Training, language: str = "en") -> str:
    answer = signed_in(real.world.bob).get(address("training", training, language))
    assert answer.status_code == 200
    return re.sub(r"[ \n]+", " ", answer.content.decode())


def taken(training: Training) -> queue.Claim:
    claim = queue.claim(training.id, "here")
    assert claim
    return claim


def stepping(real: Studio, steps: int = 2) -> tuple[Training, queue.Claim]:
    """A training in mid-run, with a checkpoint and both curves."""
    training = real.training(previews=1)
    claim = taken(training)
    running.validated(training.id, claim.fence, 0, 1.25)
    running.enter(training.id, claim.fence, S.RUNNING)
    for step in range(1, steps + 1):
        running.progress(training.id, claim.fence, step, 1 / step, 1 / step)
    running.checkpoint(training.id, claim.fence, 2, 0.5, [])
    return training, claim


def seen(training: Training, claim: queue.Claim, step: int) -> Preview:
    """As it is once it was signed (tests/library/test_provenance)."""
    named = {"key": f"test/{claim.fence}/{step}.mp4", "still": f"test/{claim.fence}/{step}.webp"}
    running.preview(training.id, claim.fence, place=0, step=step, told={}, **named)
    Message.objects.filter(name="trainings.show_preview", args__key=named["key"]).delete()
    facts = {"fence": claim.fence, "prompt": "a bar", "seed": 0, **named}
    return Preview.objects.update_or_create(training=training.pk, place=0, step=step, defaults=facts)[0]


def over(training: Training, state: str, code: str, sentence: str = "Too few clips.") -> None:
    with transaction.atomic():
        running.end(Training.objects.select_for_update().get(pk=training.pk), state, code, sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_waiting_training_says_since_when_why_and_what_comes_next(real: Studio, language: str) -> None:
    text = page(real, real.training(), language)
    with override(language):
        assert str(WHYS[S.QUEUED]) in text and str(NEXTS[S.QUEUED]) in text
    assert "<time datetime=" in text


def test_who_comes_back_finds_the_steps_the_curve_the_previews_and_the_cost(real: Studio) -> None:
    training, claim = stepping(real)
    preview = seen(training, claim, 2)
    text = page(real, training)
    assert '<span data-now="step">2</span>' in text
    assert '"loss": [[1, 1.0], [2, 0.5]]' in text
    assert '"validation": [[0, 1.25]]' in text
    assert address("training-preview", training, preview=preview.public_id, form="still") in text
    assert span(training.quote.seconds // 2) in text
    assert "A worker took it." in text


def test_a_preview_is_reached_by_a_signed_link_while_the_training_runs(real: Studio) -> None:
    training, claim = stepping(real)
    preview = seen(training, claim, 2)
    for form, kind in (("clip", "video%2Fmp4"), ("still", "image%2Fwebp")):
        answer = signed_in(real.world.bob).get(address("training-preview", training, preview=preview.public_id, form=form))
        assert answer.status_code == 302
        assert kind in answer["Location"] and "Signature" in answer["Location"]
    unknown = signed_in(real.world.bob).get(address("training-preview", training, preview=preview.public_id, form="weights"))
    assert unknown.status_code == 404


def test_a_preview_of_another_training_is_not_found_under_this_one(real: Studio) -> None:
    training, claim = stepping(real)
    other = real.training()
    answer = signed_in(real.world.bob).get(address("training-preview", other, preview=seen(training, claim, 2).public_id, form="clip"))
    assert answer.status_code == 404


def test_a_prompt_done_again_after_a_lost_worker_takes_the_place_of_the_first(real: Studio) -> None:
    training, claim = stepping(real)
    seen(training, claim, 2)
    running.give_up(training.id, claim.fence, "engine_died", "It died.")
    again = taken(training)
    seen(training, again, 2)
    assert [row.fence for row in Preview.objects.filter(training=training.pk)] == [again.fence]
    text = page(real, training)
    assert "The training engine stopped unexpectedly." in text and "goes on from step 2." in text


def test_what_an_older_fence_shows_is_not_kept(real: Studio) -> None:
    training, claim = stepping(real)
    running.hand_back(training.id, claim.fence)
    with pytest.raises(running.LeaseLost):
        seen(training, claim, 4)
    with pytest.raises(running.LeaseLost):
        running.validated(training.id, claim.fence, 4, 0.1)


def test_strangers_find_nothing_and_who_is_signed_out_signs_in_first(real: Studio) -> None:
    training, claim = stepping(real)
    preview = seen(training, claim, 2).public_id
    names = {"training": {}, "training-stream": {}, "training-now": {}, "training-preview": {"preview": preview, "form": "clip"}}
    for name, kept in names.items():
        assert signed_in(real.world.carol).get(address(name, training, **kept)).status_code == 404
        assert "/accounts/login/" in Client().get(address(name, training, **kept))["Location"]
    assert signed_in(real.world.carol).post(address("training-cancel", training)).status_code == 404
    assert "/accounts/login/" in Client().post(address("training-cancel", training))["Location"]
    training.refresh_from_db()
    assert not training.cancel_requested


def test_it_is_stopped_from_the_page_and_a_second_try_is_told_that_it_is_over(real: Studio) -> None:
    training = real.training()
    answer = signed_in(real.world.bob).post(address("training-cancel", training), follow=True)
    text = answer.content.decode()
    assert "It is cancelled." in text and "You stopped it before its first step." in text and "data-steer hidden" in text
    again = signed_in(real.world.bob).post(address("training-cancel", training), follow=True)
    assert "Too late for that" in again.content.decode()


def test_a_running_one_is_asked_to_stop_and_says_so(real: Studio) -> None:
    training, _ = stepping(real)
    text = signed_in(real.world.bob).post(address("training-cancel", training), follow=True).content.decode()
    assert "after the step in hand" in text and "You asked to stop it." in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("state", "code"),
    [
        (S.CANCELLED, "cancelled"),
        (S.REJECTED, "REVOKED"),
        (S.WITHDRAWN, "material_withdrawn"),
        (S.FAILED_USER, "bad_data"),
        (S.FAILED_SYSTEM, "engine_died"),
    ],
)
def test_every_end_says_its_cause_what_was_charged_and_what_to_do(real: Studio, state: str, code: str, language: str) -> None:
    training, _ = stepping(real)
    over(training, state, code)
    training.refresh_from_db()
    with override(language):
        end = ending(training)
    text = page(real, training, language)
    assert end.why and end.do
    assert end.do.replace("'", "&#x27;") in text
    assert f"/trainings/new?from={training.public_id}" in text
    assert "data-open" not in text
    failed = state in (S.FAILED_USER, S.FAILED_SYSTEM)
    assert training.captured == (0 if failed else training.quote.seconds // 2)


def test_the_look_again_of_a_browser_without_a_stream_has_every_part(real: Studio) -> None:
    training, _ = stepping(real)
    told = signed_in(real.world.bob).get(address("training-now", training)).json()
    assert [name for name, _, _ in told["parts"]] == list(watching.REGIONS)
    assert told["curves"]["validation"] == [[0, 1.25]] and not told["over"]


async def messages(training: Training, most: int, after: Any = None) -> list[dict[str, Any]]:
    """The stream's messages, in English; `after` runs behind the first."""
    got: list[dict[str, Any]] = []

    def act() -> None:
        try:
            after()
        finally:
            connection.close()

    stream = watching.watch(training, "en")
    async for chunk in stream:
        for line in chunk.decode().split("\n"):
            if line.startswith("data: "):
                got.append(json.loads(line.removeprefix("data: ")))
                if len(got) == 1 and after:
                    await asyncio.to_thread(act)
        if len(got) >= most:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    return got


def test_the_stream_begins_with_everything_tells_steps_by_themselves_and_ends_with_the_end(real: Studio, monkeypatch: Any) -> None:
    monkeypatch.setattr(watching, "LEAST_SECONDS", 0.01)
    training, claim = stepping(real)

    def go_on() -> None:
        live.tell(training.id, {"event": "step", "step": 3, "steps": 4, "loss": 0.25})

    first, second = asyncio.run(messages(training, 2, go_on))
    assert [name for name, _, _ in first["parts"]] == list(watching.REGIONS)
    assert second == {"now": {"step": "3", "loss": "0.250", "percent": "75"}, "step": 3, "point": [3, 0.25]}

    def end() -> None:
        running.give_up(training.id, claim.fence, "engine_died", "x")
        steering.cancel(training=Training.objects.get(pk=training.pk), by=real.world.bob)

    assert asyncio.run(messages(training, 99, end))[-1]["over"] is True


def test_a_reader_of_an_ended_training_gets_one_message(real: Studio) -> None:
    training, _ = stepping(real)
    over(training, S.FAILED_USER, "bad_data")
    [only] = asyncio.run(messages(training, 99))
    assert only["over"] is True


def test_without_the_broker_the_rows_still_tell(real: Studio, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(watching, "BLIND_SECONDS", 0.01)
    monkeypatch.setattr(watching, "REFRESH_SECONDS", 0.0)
    training, claim = stepping(real)
    live._client.cache_clear()
    settings.VALKEY_URL = "redis://127.0.0.1:9/0"

    def go_on() -> None:
        running.progress(training.id, claim.fence, 3, 0.25, 0.25)

    _, second = asyncio.run(messages(training, 2, go_on))
    live._client.cache_clear()
    assert second["curves"]["loss"][-1] == [3, 0.25]


@pytest.mark.usefixtures("engine_ends")
def test_a_real_run_leaves_its_curve_and_its_previews_of_base_and_checkpoints(real: Studio) -> None:
    training = real.training(previews=1, preview_every=2)
    assert worker.work(training.id) == "done"
    assert not Preview.objects.filter(training=training.pk).exists(), "nothing is shown that is not signed"
    run_outbox("trainings.show_preview")
    previews = list(Preview.objects.filter(training=training.pk))
    assert [row.step for row in previews] == [0, 2, 4]
    kept = curves(training.pk, 4)
    assert [step for step, _ in kept.loss] == [1, 2, 3, 4] and [step for step, _ in kept.validation] == [0, 2, 4]
    text = page(real, training)
    assert "Open the model" in text and "the base" in text
    for row in previews:
        assert address("training-preview", training, preview=row.public_id, form="clip") in text


def test_the_mail_at_the_end_says_why_in_her_language_and_leads_to_the_page(real: Studio, mailoutbox: Any) -> None:
    training, _ = stepping(real)
    over(training, S.CANCELLED, "cancelled")
    tasks.tell_over(training=str(training.pk))
    [mail] = mailoutbox
    assert "You stopped it at step 2 of 4." in mail.body and address("training", training) in mail.body


def test_however_many_the_steps_few_points_are_kept_and_none_is_left_out_of_the_means() -> None:
    thinned = Thinned(10_001)
    means = [mean for step in range(1, 10_002) if (mean := thinned.add(step, 2.0)) is not None]
    assert len(means) <= MOST_POINTS and set(means) == {2.0}
    assert [Thinned(3).add(step, 1.0) for step in (1, 2, 3)] == [1.0, 1.0, 1.0]


def test_a_point_told_twice_is_one(real: Studio) -> None:
    training, claim = stepping(real)
    running.progress(training.id, claim.fence, 2, 0.4, 0.4)
    assert Point.objects.get(training=training.pk, curve=Curve.LOSS, step=2).value == 0.4


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, f"0{NO}s"), (59.4, f"59{NO}s"), (65, f"1{NO}min 05{NO}s"), (754, f"13{NO}min"), (3900, f"1{NO}h 05{NO}min")]
)
def test_a_length_of_time_is_as_precise_as_it_is_worth(seconds: float, shown: str) -> None:
    with override("en"):
        assert span(seconds) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (12, 33, f"10{NO}s to 35{NO}s"),
        (40, 150, f"1{NO}min to 3{NO}min"),
        (70, 110, f"1{NO}min to 2{NO}min"),
        (3000, 5000, f"50{NO}min to 1{NO}h 30{NO}min"),
    ],
)
def test_an_interval_is_rounded_outwards(low: float, high: float, shown: str) -> None:
    with override("en"):
        assert between(low, high) == shown
