"""Quotes: judged by the terms, priced by the estimate, refused in words."""

import pytest
from django.core import signing

from atelier.kit.refused import Refused
from atelier.licences.actions import reserve
from atelier.licences.queries import seconds_left
from atelier.material import actions as material
from atelier.trainings import actions
from atelier.trainings.actions import SIGNATURE
from atelier.trainings.models import Quote

from .real import Studio, seal_dataset


def refused(code: str) -> "pytest.RaisesExc[Refused]":
    return pytest.raises(Refused, match=f"^{code}: ")


def test_it_is_itemised_signed_and_within_the_estimate(real: Studio) -> None:
    quote = real.quote()
    assert quote.seconds == sum(line["amount"] for line in quote.lines) >= quote.estimate["seconds_high"]
    signed = signing.loads(quote.signature, salt=SIGNATURE)
    assert signed["seconds"] == quote.seconds
    assert signed["dataset"] == real.dataset.root


@pytest.mark.parametrize(
    ("terms", "knobs", "use", "code", "clause"),
    [
        ({"may_train": False, "training_seconds": 0}, {}, {}, "TIER_FORBIDS_TRAINING", "may_train"),
        ({}, {"rank": 32, "alpha": 32.0}, {}, "RANK_ABOVE_TIER", "max_rank"),
        ({}, {"steps": 2001}, {}, "STEPS_ABOVE_TIER", "max_steps"),
        ({"max_clips": 3}, {}, {}, "TOO_MANY_CLIPS", "max_clips"),
        ({"max_resolution": 24}, {}, {}, "RESOLUTION_ABOVE_TIER", "max_resolution"),
        ({}, {}, {"stage": "release"}, "STAGE_NOT_GRANTED", "stages"),
        ({}, {}, {"media": ["theatrical"]}, "MEDIUM_NOT_GRANTED", "media"),
        ({"territories": ["FR"]}, {}, {"territories": ["US"]}, "TERRITORY_NOT_GRANTED", "territories"),
        ({"commercial": False, "may_sell_outputs": False}, {}, {"commercial": True}, "COMMERCIAL_NOT_GRANTED", "commercial"),
        ({"training_seconds": 1}, {"steps": 2000}, {}, "ALLOWANCE_SPENT", "training_seconds"),
    ],
)
def test_what_the_terms_do_not_grant_is_refused_with_its_clause(
    real: Studio, terms: dict[str, object], knobs: dict[str, object], use: dict[str, object], code: str, clause: str
) -> None:
    with refused(code) as no:
        real.quote(licence=real.licence(**terms), project=real.project(**use), **knobs)
    assert no.value.extra["clause"] == clause


def test_a_rank_larger_than_a_layer_is_refused_before_anything_is_loaded(real: Studio) -> None:
    with refused("bad_settings"):
        real.quote(licence=real.licence(max_rank=1024), rank=1024)


def test_clips_too_short_for_the_frames_are_refused_by_the_engine_s_sentence(real: Studio) -> None:
    with refused("bad_material"):
        real.quote(frames=81, licence=real.licence())


def test_an_open_or_withdrawn_dataset_is_refused(real: Studio) -> None:
    arguments = {
        "owner": real.world.bob,
        "licence": real.licence(),
        "project": real.project(),
        "name": "x",
        "knobs": {},
        "previews": [],
        "seed": 0,
    }
    with refused("NOT_SEALED"):
        actions.quote(dataset=material.open_dataset(owner=real.world.bob, name="open"), **arguments)
    withdrawn = seal_dataset(real.world)
    material.withdraw(dataset=withdrawn)
    with refused("material_withdrawn"):
        actions.quote(dataset=withdrawn, **arguments)


def test_an_expired_quote_does_not_start(real: Studio) -> None:
    quote = real.quote()
    Quote.objects.filter(pk=quote.pk).update(expires_at=quote.created_at)
    quote.refresh_from_db()
    with refused("quote_expired"):
        actions.start(quote=quote, by=real.world.bob)


@pytest.mark.parametrize("changed", [{"seconds": 1}, {"seed": 7}, {"signature": "x"}])
def test_a_quote_that_is_not_the_one_that_was_signed_does_not_start(real: Studio, changed: dict[str, object]) -> None:
    quote = real.quote()
    Quote.objects.filter(pk=quote.pk).update(**changed)
    quote.refresh_from_db()
    with refused("quote_changed"):
        actions.start(quote=quote, by=real.world.bob)


def test_an_allowance_spent_between_quote_and_start_is_refused_and_nothing_is_held(real: Studio) -> None:
    licence = real.licence()
    quote = real.quote(licence=licence)
    reserve(licence=licence, training=quote.id, seconds=3600)
    with refused("ALLOWANCE_SPENT"):
        actions.start(quote=quote, by=real.world.bob)
    assert seconds_left(licence) == 0


def test_a_start_holds_exactly_the_quoted_seconds(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence)
    assert seconds_left(licence) == 3600 - training.quote.seconds
