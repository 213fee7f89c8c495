"""The wizard, as a browser without scripts goes through it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from atelier.licences import actions as licences
from atelier.licences.queries import database_now
from atelier.material import actions as material
from atelier.material import attestation
from atelier.trainings import drafting
from atelier.trainings.models import Draft, Quote, Training
from atelier.trainings.wizard_checks import GROUPS
from licensing.judge import TABLE, Action
from tests.visits import text

from .real import Studio, drawn_clips, seal_dataset

STEPS = ("clips", "captions", "settings", "launch")
LANGUAGES = ("", "/en")


@pytest.fixture
def bob(real: Studio) -> Client:
    client = Client()
    client.force_login(real.world.bob)
    return client


def opened(client: Client, real: Studio, licence: Any = None, language: str = "") -> str:
    """The address of a new draft, up to its step."""
    chosen = {"licence": (licence or real.licence()).public_id, "dataset": real.dataset.public_id}
    answer = client.post(f"{language}/trainings/new", chosen)
    assert answer["Location"].endswith("/captions")
    return str(answer["Location"].removesuffix("captions"))


def draft_at(address: str) -> Draft:
    return Draft.objects.get(pk=Draft.parse_id(address.rstrip("/").rpartition("/")[2]))


def settings_form(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """Every field as the page shows it."""
    shown = client.get(address + "settings").context
    values = {name: shown["form"][name].value() for name in shown["form"].fields}
    filled = {name: value for name, value in values.items() if value is not None and value is not False and value != ""}
    return {**filled, "version": shown["draft"].version, **changes}


def quoted(client: Client, real: Studio, licence: Any = None, language: str = "") -> str:
    address = opened(client, real, licence, language)
    answer = client.post(address + "settings", settings_form(client, address, preset="quick"))
    assert answer["Location"] == address + "launch"
    return address


def launch_form(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    shown = client.get(address + "launch").context
    return {"do": "start", "quote": shown["room"].quote.public_id, "version": shown["draft"].version, **changes}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sealed_dataset_and_a_licence_become_a_training_in_four_sends(real: Studio, bob: Client, language: str) -> None:
    address = opened(bob, real, language=language)
    assert bob.post(address + "captions", {"version": 1, "trigger": "neon"})["Location"] == address + "settings"
    assert bob.post(address + "settings", settings_form(bob, address, preset="quick"))["Location"] == address + "launch"
    form = launch_form(bob, address)
    answer = bob.post(address + "launch", form)
    training = Training.objects.get(quote=Quote.parse_id(form["quote"]))
    assert answer["Location"] == f"{language}/trainings/{training.public_id}"
    assert training.state == "queued"
    assert (training.quote.knobs["steps"], training.quote.knobs["trigger"]) == (100, "neon")
    assert training.quote.previews[0]["prompt"].startswith("neon ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_is_shown_in_the_reader_s_language_and_again_after_a_reload(real: Studio, bob: Client, language: str) -> None:
    address = quoted(bob, real, language=language)
    for step in (*STEPS, *STEPS):
        answer = bob.get(address + step)
        assert answer.status_code == 200, step
        assert f'<html lang="{language.strip("/") or "fr"}"' in text(answer)


def test_starting_twice_or_going_back_afterwards_leads_to_the_one_training(real: Studio, bob: Client) -> None:
    address = quoted(bob, real)
    form = launch_form(bob, address)
    first, second = bob.post(address + "launch", form), bob.post(address + "launch", form)
    assert first["Location"] == second["Location"]
    assert {bob.get(address + step)["Location"] for step in STEPS} == {first["Location"]}
    assert Training.objects.filter(quote=Quote.parse_id(form["quote"])).count() == 1


def test_opening_the_same_again_goes_on_with_the_draft(real: Studio, bob: Client) -> None:
    licence = real.licence()
    assert opened(bob, real, licence) == opened(bob, real, licence)


def test_a_step_that_is_not_ready_leads_back_to_the_one_that_is(real: Studio, bob: Client) -> None:
    draft = Draft.objects.create(owner=real.world.bob)
    for step, to in (("captions", "clips"), ("settings", "captions"), ("launch", "settings")):
        assert bob.get(f"/trainings/new/{draft.public_id}/{step}")["Location"] == f"/trainings/new/{draft.public_id}/{to}"


def test_a_new_dataset_is_opened_in_passing_and_sealed_with_its_declaration(real: Studio, bob: Client) -> None:
    licence = real.licence()
    answer = bob.post("/trainings/new", {"licence": licence.public_id, "dataset": "new", "name": "Harbour"})
    assert answer["Location"].endswith("/clips"), "there is nothing to caption yet"
    draft = draft_at(answer["Location"].removesuffix("clips"))
    assert draft.dataset and draft.dataset.name == "Harbour"
    assert "data-upload" in text(bob.get(answer["Location"]))
    draft.dataset = open_with_clips(real)
    draft.save()
    address = answer["Location"].removesuffix("clips")
    unread = bob.post(address + "captions", {"version": draft.version, "trigger": "neon"})
    assert unread.status_code == 422 and 'value="neon"' in text(unread)
    agreed = {"version": draft.version, "trigger": "neon", "agreed": attestation.FRENCH.hash}
    assert bob.post(address + "captions", agreed)["Location"] == address + "settings"
    draft.dataset.refresh_from_db()
    assert (draft.dataset.state, draft.dataset.attested_text) == ("sealed", attestation.FRENCH.hash)


def open_with_clips(real: Studio) -> Any:
    from tests.material.conftest import ready

    dataset = material.open_dataset(owner=real.world.bob, name="Harbour")
    for number in range(2):
        ready(dataset, f"a clip {number}".encode(), f"{number}.mp4", caption="a bar moves")
    return dataset


def test_more_clips_than_the_licence_takes_are_refused_before_they_are_sealed_for_good(real: Studio, bob: Client) -> None:
    dataset = open_with_clips(real)
    draft = Draft.objects.create(owner=real.world.bob, licence=real.licence(max_clips=1), dataset=dataset)
    form = {"version": 1, "trigger": "", "agreed": attestation.FRENCH.hash}
    answer = bob.post(f"/trainings/new/{draft.public_id}/captions", form)
    assert answer.status_code == 409 and "2 plans" in text(answer)
    dataset.refresh_from_db()
    assert dataset.state == "open"


def test_the_trigger_word_is_looked_for_in_the_captions(real: Studio, bob: Client) -> None:
    address = opened(bob, real)
    bob.post(address + "captions", {"version": 1, "trigger": "CIRCLE", "do": "look"})
    room = bob.get(address + "captions").context["room"]
    captions = [clip.with_suffix(".txt").read_text() for clip in drawn_clips()]
    assert room.with_trigger == sum("circle" in caption for caption in captions)


def test_what_the_licence_does_not_grant_is_grey_with_the_judge_s_sentence_before_anything_is_sent(real: Studio, bob: Client) -> None:
    terms = {"stages": ["production"], "media": ["web"], "territories": ["FR"], "commercial": False, "may_sell_outputs": False}
    answer = bob.get(opened(bob, real, real.licence(**terms), "/en") + "settings")
    shown = text(answer)
    assert '<input type="radio" name="stage" value="release" disabled>' in shown
    assert "The licence does not grant this stage of production: release." in shown
    assert "The licence does not grant these media: games." in shown
    assert "The licence does not grant commercial use." in shown
    assert '<input type="checkbox" name="territories" value="DE" disabled>' in shown
    assert answer.context["form"].initial["stage"] == "production"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"stage": "release"}, "stage"),
        ({"media": ["web", "games"]}, "media"),
        ({"territories": ["WORLD"]}, "territories"),
        ({"commercial": "on"}, "commercial"),
        ({"steps": "301"}, "steps"),
        ({"rank": "9"}, "rank"),
        ({"width": "64"}, "width"),
        ({"steps": "0"}, "steps"),
        ({"learning_rate": "a lot"}, "learning_rate"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_field_is_marked_and_everything_that_was_typed_stays(real: Studio, bob: Client, typed: dict[str, Any], field: str) -> None:
    terms = {"media": ["web"], "territories": ["FR"], "commercial": False, "may_sell_outputs": False}
    address = opened(bob, real, real.licence(max_steps=300, max_rank=8, max_resolution=32, **terms))
    answer = bob.post(address + "settings", settings_form(bob, address, **{"project": "Brume", "preset": "own", **typed}))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert 'value="Brume"' in text(answer)
    assert draft_at(address).quote is None


@pytest.mark.parametrize(
    ("language", "said"), [("/en", "Width in pixels: this base needs a multiple of 8, and 33 is none."), ("", "Largeur")]
)
def test_what_the_engine_cannot_train_is_said_beside_the_field_in_the_reader_s_language(
    real: Studio, bob: Client, language: str, said: str
) -> None:
    address = opened(bob, real, language=language)
    answer = bob.post(address + "settings", settings_form(bob, address, preset="own", width="33", project="Brume"))
    assert answer.status_code == 422
    [sentence] = answer.context["form"].errors["width"]
    assert said in sentence and "knobs." not in sentence
    assert 'value="Brume"' in text(answer)


def test_what_the_numbers_take_is_told_before_anything_is_saved(real: Studio, bob: Client) -> None:
    address = opened(bob, real, language="/en")
    typed = settings_form(bob, address, preset="own", steps="77", name="", do="guess")
    part = bob.post(address + "settings", typed, headers={"HX-Request": "true"})
    page = bob.post(address + "settings", typed)
    quick = bob.post(address + "settings", {**typed, "steps": "7"}, headers={"HX-Request": "true"})
    assert {part.status_code, page.status_code} == {200}
    assert "<html" not in text(part) and "These numbers take about" in text(part)
    assert text(part).strip() in text(page) and text(part) != text(quick)
    assert 'value="77"' in text(page) and "Not saved yet" not in text(page)
    assert "steps" not in draft_at(address).knobs


def test_numbers_that_cannot_be_trained_are_told_where_the_estimate_stands(real: Studio, bob: Client) -> None:
    address = opened(bob, real, language="/en")
    for wrong, said in (({"width": "33"}, "multiple of"), ({"rank": "999"}, "more than this base takes"), ({"steps": ""}, "Steps: ")):
        typed = settings_form(bob, address, preset="own", do="guess", **wrong)
        part = bob.post(address + "settings", typed, headers={"HX-Request": "true"})
        assert part.status_code == 200 and said in text(part), wrong


def test_a_number_that_was_typed_counts_beside_the_preset(real: Studio, bob: Client) -> None:
    address = opened(bob, real)
    bob.post(address + "settings", settings_form(bob, address, preset="quick", rank="5"))
    draft = draft_at(address)
    assert (draft.knobs["steps"], draft.knobs["rank"]) == (100, 5)
    assert bob.get(address + "settings").context["form"].initial["preset"] == "own"


def test_presets_stay_within_the_licence(real: Studio, bob: Client) -> None:
    address = opened(bob, real, real.licence(max_steps=300, max_rank=4))
    offers = bob.get(address + "settings").context["room"].offered.offers
    assert all(offer.knobs["steps"] <= 300 and offer.knobs["rank"] <= 4 for offer in offers)
    bob.post(address + "settings", settings_form(bob, address, preset="balanced"))
    assert draft_at(address).quote is not None


def test_a_preset_that_takes_more_time_than_is_left_says_so(real: Studio, bob: Client) -> None:
    free = bob.get(opened(bob, real) + "settings").context["room"].offered.offers
    tight = real.licence(training_seconds=free[0].forecast.seconds + 1)
    offers = bob.get(opened(bob, real, tight) + "settings").context["room"].offered.offers
    assert [bool(offer.noes) for offer in offers] == [False, True, True]


def test_two_tabs_the_one_that_is_behind_is_told_and_keeps_what_was_typed(real: Studio, bob: Client) -> None:
    address = opened(bob, real)
    behind = settings_form(bob, address, project="From the first tab")
    bob.post(address + "settings", settings_form(bob, address, project="From the second tab"))
    answer = bob.post(address + "settings", behind)
    assert answer.status_code == 409
    assert 'value="From the first tab"' in text(answer)
    assert draft_at(address).use["project"] == "From the second tab"
    behind["version"] = answer.context["draft"].version
    assert bob.post(address + "settings", behind)["Location"] == address + "launch"
    assert draft_at(address).use["project"] == "From the first tab"


def test_a_quote_that_another_tab_replaced_does_not_start(real: Studio, bob: Client) -> None:
    address = quoted(bob, real)
    behind = launch_form(bob, address)
    bob.post(address + "settings", settings_form(bob, address, preset="balanced"))
    answer = bob.post(address + "launch", behind)
    assert answer.status_code == 409
    assert not Training.objects.filter(quote=Quote.parse_id(behind["quote"])).exists()


def test_an_expired_quote_says_so_and_is_renewed_with_one_button(real: Studio, bob: Client) -> None:
    address = quoted(bob, real)
    old = draft_at(address).quote
    assert old is not None
    Quote.objects.filter(pk=old.pk).update(expires_at=database_now() - timedelta(minutes=1))
    shown = bob.get(address + "launch")
    assert shown.context["room"].expired and not shown.context["room"].ready
    form = launch_form(bob, address)
    assert bob.post(address + "launch", form).status_code == 409
    assert bob.post(address + "launch", {**form, "do": "renew"})["Location"] == address + "launch"
    assert bob.get(address + "launch").context["room"].ready


def test_a_revoked_licence_is_told_on_every_step_and_holds_the_start(real: Studio, bob: Client) -> None:
    licence = real.licence()
    address = quoted(bob, real, licence, "/en")
    form = launch_form(bob, address)
    licences.revoke(licence=licence, reason="a breach")
    for step in STEPS:
        assert "The licence has been revoked." in text(bob.get(address + step)), step
    assert not bob.get(address + "launch").context["room"].ready
    answer = bob.post(address + "launch", form)
    assert answer.status_code == 409 and "Nothing was charged" in text(answer)


def test_a_withdrawn_dataset_is_told_with_the_way_on(real: Studio, bob: Client) -> None:
    dataset = seal_dataset(real.world, drawn_clips()[:2])
    draft = drafting.open_draft(owner=real.world.bob, licence=real.licence(), dataset=dataset)
    material.withdraw(dataset=dataset)
    shown = text(bob.get(f"/en/trainings/new/{draft.public_id}/clips"))
    assert "The dataset of this draft was withdrawn" in shown
    moved = {"version": 1, "licence": draft.licence.public_id, "dataset": real.dataset.public_id}  # type: ignore[union-attr]
    assert bob.post(f"/trainings/new/{draft.public_id}/clips", moved)["Location"].endswith("/captions")


def test_a_form_sent_after_the_session_ended_is_filled_in_again(real: Studio, bob: Client) -> None:
    address = opened(bob, real)
    form = settings_form(bob, address, project="Written before the session ended")
    bob.logout()
    away = bob.post(address + "settings", form, headers={"referer": f"http://testserver{address}settings"})
    assert "login" in away["Location"]
    bob.force_login(real.world.bob)
    assert 'value="Written before the session ended"' in text(bob.get(address + "settings"))


def test_another_person_s_draft_licence_and_dataset_are_not_there(real: Studio, bob: Client) -> None:
    address = opened(bob, real)
    stranger = Client()
    stranger.force_login(real.world.carol)
    for step in STEPS:
        assert stranger.get(address + step).status_code == 404
        assert stranger.post(address + step).status_code == 404
    assert stranger.post(address + "discard").status_code == 404
    theirs = {"licence": real.licence().public_id, "dataset": real.dataset.public_id}
    assert stranger.post("/trainings/new", theirs).status_code == 422
    assert stranger.get(f"/trainings/new?licence={theirs['licence']}").status_code == 404


def test_train_again_copies_everything_into_a_new_draft(real: Studio, bob: Client) -> None:
    training = real.training(steps=7, trigger="neon")
    assert "Neon look" in text(bob.get(f"/trainings/new?from={training.public_id}"))
    answer = bob.post("/trainings/new", {"from": training.public_id})
    assert answer["Location"] == bob.post("/trainings/new", {"from": training.public_id})["Location"]
    form = bob.get(answer["Location"]).context["form"]
    assert (form["steps"].value(), form["project"].value(), form["name"].value()) == (7, "Short", "Neon look")


def test_a_draft_can_be_thrown_away(real: Studio, bob: Client) -> None:
    address = opened(bob, real)
    assert bob.post(address + "discard")["Location"] == "/home"
    assert bob.get(address + "clips").status_code == 404


def test_the_checks_of_the_last_page_are_all_that_a_start_is_judged_by() -> None:
    assert {rule for _, _, group in GROUPS for rule in group} == set(TABLE[Action.START])


def test_the_licence_names_the_trainings_that_used_it_to_their_owner_alone(real: Studio, bob: Client) -> None:
    licence = real.licence()
    address = quoted(bob, real, licence, "/en")
    bob.post(address + "launch", launch_form(bob, address))
    training = Training.objects.select_related("quote").get(licence=licence)
    page = f"/en/licences/{licence.public_id}"
    assert f'<a href="/en/trainings/{training.public_id}" dir="auto">{training.quote.name}</a>' in text(bob.get(page))
    studio = Client()
    studio.force_login(real.world.alice)
    seen = text(studio.get(page))
    assert training.quote.name not in seen and training.public_id[-8:] in seen
