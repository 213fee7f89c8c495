"""Several runs at once that differ in one setting: quoted each, started together or not at all, compared on one board."""

from typing import Any

import pytest
from django.test import Client

from atelier.kit.refused import Refused
from atelier.library.models import Curve, Point, Preview
from atelier.licences.queries import seconds_left
from atelier.trainings import sweeps
from atelier.trainings.board import Board
from atelier.trainings.models import Draft, Sweep, Training
from atelier.trainings.states import TrainingState
from tests.visits import text
from tests.world import client_of

from .real import Studio
from .test_queue import together
from .test_wizard import bob, draft_at, opened, quoted, settings_form  # noqa: F401 - bob is a fixture

ALL = 3600


def drafted(client: Client, real: Studio, licence: Any = None) -> Draft:
    address = opened(client, real, licence or real.licence())
    client.post(address + "settings", settings_form(client, address, preset="quick"))
    return draft_at(address)


def laid(client: Client, draft: Draft, setting: str = "rank", *values: float, language: str = "") -> Any:
    typed = {f"value_{number}": value for number, value in enumerate(values or (2, 4, 8))}
    return client.post(f"{language}/trainings/new/{draft.public_id}/sweep", {"setting": setting, **typed})


def sweep_at(answer: Any) -> Sweep:
    return Sweep.objects.get(pk=Sweep.parse_id(answer["Location"].rpartition("/")[2]))


def cancelled(sweep: Sweep) -> None:
    Training.objects.filter(quote__sweep=sweep).update(state=TrainingState.CANCELLED)


@pytest.mark.parametrize("language", ["", "/en"])
def test_one_click_starts_all_of_them_and_holds_the_sum_of_the_quotes(real: Studio, bob: Client, language: str) -> None:  # noqa: F811
    licence = real.licence()
    draft = drafted(bob, real, licence)
    assert bob.get(f"{language}/trainings/new/{draft.public_id}/sweep").status_code == 200
    answer = laid(bob, draft, language=language)
    sweep = sweep_at(answer)
    board = Board(sweep)
    assert [run.quote.knobs["rank"] for run in board.runs] == [2, 4, 8]
    assert {run.quote.knobs["alpha"] / run.quote.knobs["rank"] for run in board.runs} == {draft.knobs["alpha"] / draft.knobs["rank"]}
    assert {setting.name for setting in board.settings} == {"rank", "alpha"}
    assert not Training.objects.filter(quote__sweep=sweep).exists() and seconds_left(licence) == ALL
    assert "disabled" not in text(bob.get(answer["Location"])).partition("/start")[2].partition("</form>")[0]
    for _ in range(2):
        bob.post(answer["Location"] + "/start")
    assert Training.objects.filter(quote__sweep=sweep).count() == 3
    assert seconds_left(licence) == ALL - board.ceiling
    cancelled(sweep)


def test_when_they_do_not_all_fit_none_starts(real: Studio, bob: Client) -> None:  # noqa: F811
    draft = drafted(bob, real)
    needed = sum(run.quote.seconds for run in Board(sweep_at(laid(bob, draft))).runs)
    tight = real.licence(training_seconds=needed - 1)
    answer = laid(bob, drafted(bob, real, tight))
    assert "disabled" in text(bob.get(answer["Location"]))
    with pytest.raises(Refused, match="ALLOWANCE_SPENT"):
        sweeps.start(sweep=sweep_at(answer), by=real.world.bob)
    assert not Training.objects.filter(licence=tight).exists()
    assert seconds_left(tight) == needed - 1


def test_two_tabs_start_it_once(real: Studio, bob: Client) -> None:  # noqa: F811
    sweep = sweep_at(laid(bob, drafted(bob, real), "seed", 1, 2))
    first, second = together(*[lambda: sweeps.start(sweep=sweep, by=real.world.bob)] * 2)
    assert {row.pk for row in first} == {row.pk for row in second}
    assert [run.quote.seed for run in Board(sweep).runs] == [1, 2]
    cancelled(sweep)


@pytest.mark.parametrize(
    ("setting", "values"), [("rank", (4,)), ("rank", (4, 4)), ("rank", (4, 4.5)), ("rank", (2, 4096)), ("other", (1, 2)), ("steps", (0, 1))]
)
def test_what_cannot_be_compared_is_told_and_leaves_nothing(
    real: Studio,
    bob: Client,  # noqa: F811
    setting: str,
    values: tuple[float, ...],
) -> None:
    draft, before = drafted(bob, real), Sweep.objects.count()
    answer = laid(bob, draft, setting, *values)
    assert (answer.status_code, Sweep.objects.count()) == (422, before)
    assert 'class="alert bad"' in text(answer) or "errorlist" in text(answer)


def test_the_board_draws_all_on_one_scale_and_shows_the_last_preview_of_each(real: Studio, bob: Client) -> None:  # noqa: F811
    sweep = sweep_at(laid(bob, drafted(bob, real), "learning_rate", 0.001, 0.002))
    rows = sweeps.start(sweep=sweep, by=real.world.bob)
    for number, row in enumerate(rows):
        for step, value in ((1, 1.0), (2, 0.5 / (number + 1))):
            Point.objects.create(training=row.pk, curve=Curve.LOSS, step=step, value=value)
        for step in (1, 2):
            facts = {"fence": 1, "prompt": "x", "seed": 0, "key": f"k{number}{step}", "still": f"s{number}{step}"}
            Preview.objects.create(training=row.pk, place=0, step=step, **facts)
    board = Board(Sweep.objects.get(pk=sweep.pk))
    (_, first, _), (_, second, _) = board.lines
    assert first.split(" L")[0] == second.split(" L")[0] and first != second
    (strip,) = board.strips
    assert [cell.step for _, cell in strip.cells if cell] == [2, 2]
    for language in ("", "/en"):
        shown = text(bob.get(f"{language}/trainings/sweeps/{sweep.public_id}"))
        assert shown.count("data-sample") == 2 and shown.count('<g class="r') == 2
    cancelled(sweep)


def test_a_program_gathers_quotes_and_starts_them_together(real: Studio) -> None:
    licence, api = real.licence(), client_of(real.world.bob)
    quotes = [real.quote(licence=licence, rank=rank) for rank in (2, 4)]
    asked = {"name": "Ranks", "quotes": [quote.public_id for quote in quotes]}
    first, again = (api.post("/api/v1/sweeps", asked, format="json") for _ in range(2))
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"]), first.content
    assert [row["quote"] for row in first.json()["trainings"]] == asked["quotes"]
    assert first.json()["ceiling"] == sum(quote.seconds for quote in quotes) == ALL - seconds_left(licence)
    assert api.get(f"/api/v1/sweeps/{first.json()['id']}").json()["id"] == first.json()["id"]
    other = real.quote(licence=licence)
    mixed = api.post("/api/v1/sweeps", {**asked, "quotes": [quotes[0].public_id, other.public_id]}, format="json")
    assert (mixed.status_code, mixed.json()["code"]) == (409, "quote_taken")
    cancelled(Sweep.objects.get(pk=Sweep.parse_id(first.json()["id"])))


def test_it_is_nobody_else_s(real: Studio, bob: Client) -> None:  # noqa: F811
    answer = laid(bob, drafted(bob, real))
    stranger = Client()
    stranger.force_login(real.world.carol)
    assert stranger.get(answer["Location"]).status_code == stranger.post(answer["Location"] + "/start").status_code == 404
