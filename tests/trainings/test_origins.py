"""Training on: a run that begins with what an earlier one learned, under the same licence, and falls with it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from atelier.kit.refused import Refused
from atelier.library import actions as library
from atelier.library.models import CustomModel
from atelier.takedown import lineage
from atelier.trainings import actions, drafting, worker
from atelier.trainings.models import Draft, Quote, Training

from .real import Studio

pytestmark = pytest.mark.usefixtures("engine_ends")
KNOBS = {"steps": 4, "rank": 4, "alpha": 4.0, "learning_rate": 1e-3, "batch_size": 2, "checkpoint_every": 2}


@pytest.fixture(scope="module")
def first(sealed_studio: Studio, django_db_blocker: Any) -> CustomModel:
    """A model of a run of its own."""
    with django_db_blocker.unblock():
        training = sealed_studio.training()
        assert worker.work(training.id) == "done"
        return CustomModel.objects.get(training=training.id)


def asked(real: Studio, origin: CustomModel, **changes: Any) -> Quote:
    wish = {"licence": origin.licence, "knobs": KNOBS, **changes}
    rest = {"dataset": real.dataset, "project": real.project(), "name": "On", "previews": [], "seed": 1}
    return actions.quote(owner=real.world.bob, origin=origin, **rest, **wish)


def test_it_begins_with_the_file_of_the_first_and_says_so(real: Studio, first: CustomModel) -> None:
    training = actions.start(quote=asked(real, first), by=real.world.bob)
    assert worker.work(training.id) == "done"
    made = CustomModel.objects.get(training=training.id)
    assert made.manifest["from_adapter"] == f"sha256:{first.artifacts.get(kind='weights', layout='diffusers').sha256}"
    assert made.manifest["files"] != first.manifest["files"]


def test_a_takedown_of_the_first_or_of_its_clips_reaches_what_goes_on_from_it(real: Studio, first: CustomModel) -> None:
    training = actions.start(quote=asked(real, first), by=real.world.bob)
    assert ("training", training.pk) in lineage.rows("model", first.pk)
    again = Training.objects.get(pk=training.pk)
    before = Training.objects.get(pk=first.training)
    assert {training.pk, first.pk, before.pk, before.quote.dataset_id} <= set(again.stands_on)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda real: {"licence": real.licence()}, "origin_elsewhere"),
        (lambda real: {"knobs": {**KNOBS, "rank": 8}}, "origin_shape"),
        (lambda real: {"knobs": {**KNOBS, "alpha": 8.0}}, "origin_shape"),
    ],
)
def test_what_does_not_fit_the_first_is_refused(real: Studio, first: CustomModel, change: Callable[[Studio], Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        asked(real, first, **change(real))


def test_another_s_model_is_not_there(real: Studio, first: CustomModel) -> None:
    with pytest.raises(Refused, match="not_found"):
        actions.quote(
            owner=real.world.carol,
            licence=real.licence(holder=real.world.carol),
            dataset=real.dataset,
            project=real.project(),
            name="x",
            knobs=KNOBS,
            previews=[],
            seed=0,
            origin=first,
        )


def test_from_its_page_to_a_draft_that_keeps_it_until_the_licence_changes(real: Studio, first: CustomModel) -> None:
    client = Client()
    client.force_login(real.world.bob)
    training = Training.objects.get(pk=first.training)
    assert 'name="on"' in client.get(f"/en/trainings/new?from={training.public_id}").content.decode()
    where = client.post("/en/trainings/new", {"from": training.public_id, "on": "1"})["Location"]
    draft = Draft.objects.get(pk=Draft.parse_id(where.split("/")[-2]))
    assert draft.origin == first
    changed = drafting.choose(draft=draft, version=draft.version, licence=real.licence(), dataset=real.dataset)
    assert changed.origin is None


def test_one_that_was_withdrawn_is_not_gone_on_from(real: Studio, first: CustomModel) -> None:
    quote = asked(real, first)
    library.withdraw(model=first, by=first.owner_id, reason="hers")
    with pytest.raises(Refused, match="origin_withdrawn"):
        actions.start(quote=quote, by=real.world.bob)
