"""A consent that is taken back stops what learns, what is shown and what is handed over, through the judge and nothing else."""

from typing import Any
from uuid import uuid4

import pytest

from atelier.kit.refused import Refused
from atelier.library import previews
from atelier.library.actions import StoredFile, hand_over, publish
from atelier.library.models import CustomModel, Preview
from atelier.licences import consents as register
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.material import actions, attestation, consents
from atelier.material.models import Consent, Dataset
from atelier.trainings import actions as trainings
from atelier.trainings import running
from atelier.trainings.models import Quote, Training
from tests.world import World, client_of

from .conftest import ready

pytestmark = pytest.mark.django_db
USE = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}
GIVEN = {"performer": "Ada Example", "uses": "Her face in this teaser.", "representation": "union", "evidence": "In the binder."}


class Made:
    """A training on bob's dataset, in which somebody has agreed to be seen, and the model that it made."""

    def __init__(self, world: World, dataset: Dataset, film: bytes) -> None:
        self.dataset, self.person = dataset, world.bob
        self.consent: Consent = consents.record_consent(dataset=dataset, **GIVEN)
        question = consents.ask(asset=ready(dataset, film, caption="somebody walks"))
        consents.answer_consented(dataset=dataset, questions=[question], consents=[self.consent])
        actions.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
        actions.seal(dataset=dataset)
        self.licence: Licence = world.licence(likeness="consented")
        self.training = self._training()
        self.model = self._model()

    def _training(self) -> Training:
        project = trainings.declare(owner=self.person, name="Short", **USE)
        wish: dict[str, Any] = {"name": "x", "knobs": {}, "previews": [], "seed": 0, "seconds": 1, "lines": [], "estimate": {}}
        now = database_now()
        rows = {"owner": self.person, "licence": self.licence}
        quote = Quote.objects.create(dataset=self.dataset, project=project, expires_at=now, **rows, **wish)
        return Training.objects.create(quote=quote, since=now, steps=4, **rows)

    def _model(self) -> CustomModel:
        file = StoredFile("manifest.json", f"test/{uuid4()}", "0" * 64, 1, "manifest")
        facts: dict[str, Any] = {"dataset_root": self.dataset.root, "name": "Neon", "use": USE, "manifest": {}}
        return publish(owner=self.person, licence=self.licence, training=self.training.pk, files=[file], **facts)

    def preview(self) -> Preview:
        kept: dict[str, Any] = {"fence": 1, "place": 0, "step": 2, "prompt": "a bar", "seed": 0, "key": "x.mp4", "still": "y.webp"}
        return Preview.objects.create(training=self.training.pk, **kept)


@pytest.fixture
def made(world: World, dataset: Dataset, film: bytes) -> Made:
    return Made(world, dataset, film)


def test_a_running_training_stops_at_its_next_heartbeat(made: Made) -> None:
    assert running.standing(made.training).stop == ""
    consents.withdraw_consent(consent=made.consent)
    assert running.standing(made.training).stop == "CONSENT_WITHDRAWN"


def test_its_previews_are_shown_no_more(made: Made) -> None:
    row = made.preview()
    assert previews.shown(row, "clip", made.licence, made.person).status_code == 302
    consents.withdraw_consent(consent=made.consent)
    with pytest.raises(Refused, match="CONSENT_WITHDRAWN"):
        previews.shown(row, "clip", made.licence, made.person)


def test_its_model_is_handed_over_no_more_and_the_api_says_why(made: Made) -> None:
    client, where = client_of(made.person), f"/api/v1/models/{made.model.public_id}/handovers"
    consents.withdraw_consent(consent=made.consent)
    with pytest.raises(Refused, match="CONSENT_WITHDRAWN"):
        hand_over(model=made.model, path="manifest.json", person=made.person)
    answer = client.post(where, {"file": "manifest.json"}, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (409, "CONSENT_WITHDRAWN", "likeness")


def test_the_certificate_names_the_consents_that_the_model_rests_on(made: Made, dataset: Dataset) -> None:
    root = register.root(made.model.stands_on)
    assert root == register.root([dataset.pk]) and str(root).startswith("sha256:")
    consents.withdraw_consent(consent=made.consent)
    assert register.root(made.model.stands_on) == root
    assert register.root([made.model.pk]) is None


def test_another_dataset_of_hers_goes_on(world: World, made: Made, film: bytes) -> None:
    other = actions.open_dataset(owner=world.bob, name="Another")
    ready(other, film, caption="a bar moves")
    actions.attest(dataset=other, text_hash=attestation.ENGLISH.hash)
    actions.seal(dataset=other)
    Quote.objects.filter(pk=made.training.quote_id).update(dataset=other)
    consents.withdraw_consent(consent=made.consent)
    assert running.standing(Training.objects.get(pk=made.training.pk)).stop == ""
