"""A studio trains a house adapter from its cleared titles, publishes and sells it; a creator trains on top. Nobody sees how it began."""

import hashlib
import json
import struct
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from atelier.catalog import actions as catalog
from atelier.catalog import disclosures, rights
from atelier.catalog.models import Title
from atelier.catalog.queries import catalogue
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.library.models import CustomModel
from atelier.licences import inhouse
from atelier.licences.actions import grant
from atelier.licences.queries import judge
from atelier.material import actions as material
from atelier.material import attestation, titles
from atelier.material.models import Dataset
from atelier.takedown import lineage, takedowns
from atelier.trainings import actions, drafting, house, running, worker
from atelier.trainings.models import Training
from licensing.judge import Action
from licensing.money import Money
from tests.world import World, client_of, join, run_outbox, two_step

from .real import Studio, drawn_clips, put_parts

pytestmark = pytest.mark.usefixtures("engine_ends")
KNOBS = {"steps": 2, "rank": 2, "alpha": 2.0, "learning_rate": 1e-3, "batch_size": 1, "checkpoint_every": 2}
USE = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}


def gathered(real: Studio, title: Title, clips: int = 1) -> Dataset:
    """Alice's, for her studio, with clips of this title; not sealed."""
    dataset = material.open_dataset(owner=real.world.alice, name="Rushes", studio=real.world.studio)
    for clip in drawn_clips()[:clips]:
        data = clip.read_bytes()
        facts: dict[str, Any] = {"name": clip.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        asset = material.add(dataset=dataset, caption="a bar moves", title=title, **facts)
        put_parts(material.links(asset=asset, numbers=list(range(1, asset.part_count + 1))), data)
        material.complete(asset=asset)
    run_outbox()
    return dataset


def sealed(dataset: Dataset) -> Dataset:
    material.attest(dataset=dataset, text_hash=attestation.TEXTS["en"].hash)
    return material.seal(dataset=dataset).dataset


def cleared(real: Studio, name: str) -> Title:
    title = rights.add_title(studio=real.world.studio, by=real.world.alice, name=f"{name} {uuid4().hex[:6]}")
    rights.clear(title=title, by=real.world.alice, state="cleared", basis="owned", evidence="Chain of title.")
    return title


def began(real: Studio, dataset: Dataset) -> Training:
    """As the wizard does it."""
    alice = real.world.alice
    draft = drafting.open_draft(owner=alice, licence=inhouse.grant(version=real.version, by=alice), dataset=dataset)
    wanted: dict[str, Any] = {"name": "Night", "use": {"project": "House", **USE}, "knobs": KNOBS, "previews": [], "seed": 0}
    draft = drafting.settle(draft=draft, version=draft.version, **wanted)
    assert draft.quote
    return drafting.start(draft=draft, quote=draft.quote, by=alice)


def trained(training: Training) -> CustomModel:
    worker.work(training.pk)
    training.refresh_from_db()
    assert training.state == "done", training.sentence
    return CustomModel.objects.get(training=training.pk)


def test_a_studio_trains_a_house_adapter_and_a_creator_trains_on_it(real: Studio) -> None:
    world, title = real.world, cleared(real, "Night train")
    dataset = sealed(gathered(real, title, clips=2))
    model = trained(began(real, dataset))
    row = house.publish(model=model, by=world.alice, name=f"Night {model.pk.hex[-6:]}")
    run_outbox()
    row.refresh_from_db()
    assert row.state == "published", row.problem
    assert list(row.titles.all()) == [title]
    assert (row.data_points, row.hours, row.model) == (2, pytest.approx(5 / 3600), model.pk)
    assert house.publish(model=model, by=world.alice, name="Again") == row
    offering = catalog.open_offering(version=real.version, by=world.alice, name="Lumen by night", adapter=row)
    told = disclosures.of(offering, "en").parts[1]
    assert [each.name for each in told.titles] == [title.name]
    answers = {item.ref: item.answer for item in (*told.california, *told.europe)}
    assert answers["3111(a)(3)"].startswith("2 ")
    assert answers["2.2"].startswith("1 ") and world.studio.name in answers["2.2"]
    terms = {name: value for name, value in world.terms().items() if name not in ("version", "grantor", "offering", "base_digest")}
    tier = catalog.open_tier(offering=offering, by=world.alice, name="Middle", terms=terms, price=Money(4900, "EUR"))
    licence = grant(holder=world.bob, revision=tier.current, source=f"test-{tier.pk}", accepted_text="sha256:" + "0" * 64)
    late = actions.start(quote=real.quote(licence=licence, **KNOBS), by=world.bob)
    made = trained(late)
    weights = made.artifacts.filter(kind="weights", layout="diffusers").get()
    head = store.head(store.MODELS, weights.key, 1 << 20)
    metadata = json.loads(head[8 : 8 + struct.unpack("<Q", head[:8])[0]])["__metadata__"]
    assert metadata["finetune.house_adapter"] == row.digest
    reached = lineage.rows("title", title.pk)
    ways = {
        ("asset", dataset.assets.all()[0].pk),
        ("dataset", dataset.pk),
        ("training", model.training),
        ("model", model.pk),
        ("house_adapter", row.pk),
        ("offering", offering.pk),
        ("tier", tier.pk),
        ("licence", licence.pk),
        ("training", late.pk),
        ("model", made.pk),
    }
    assert ways <= reached
    row.titles.clear()  # even what nobody wrote down is found, by way of its clips
    assert ways <= lineage.rows("title", title.pk)


def test_what_is_taken_down_takes_the_house_adapter_and_what_stands_on_it_along(real: Studio) -> None:
    world, title = real.world, cleared(real, "Storm")
    training = began(real, sealed(gathered(real, title)))
    item = takedowns.found(title.public_id, world.alice)
    takedowns.begin(item=item, by=world.alice, reason="The rights went back.")
    run_outbox()
    training.refresh_from_db()
    assert (training.state, training.code) == ("withdrawn", "LINEAGE_WITHDRAWN")
    with pytest.raises(Refused, match="was taken down"):
        gathered(real, title)


def test_a_clip_is_of_a_cleared_title_of_the_studio(real: Studio) -> None:
    world, title = real.world, cleared(real, "Dawn")
    dataset = gathered(real, title, clips=2)
    first, second = dataset.assets.order_by("id")
    doubtful = rights.add_title(studio=world.studio, by=world.alice, name=f"Doubt {uuid4().hex[:6]}")
    with pytest.raises(Refused, match=doubtful.name) as refused:
        titles.bind(dataset=dataset, assets=[second], title=doubtful)
    assert refused.value.code == "title_not_cleared"
    rights.clear(title=title, by=world.alice, state="excluded")
    with pytest.raises(Refused, match=title.name) as refused:
        sealed(dataset)
    assert refused.value.code == "title_not_cleared"
    assert first.name in refused.value.sentence
    type(second).objects.filter(pk=second.pk).update(title=None)
    with pytest.raises(Refused, match=second.name) as refused:
        sealed(dataset)
    assert refused.value.code == "TITLE_MISSING"
    foreign = Title.objects.create(studio=World().studio, name="Elsewhere")
    with pytest.raises(Refused, match="its own titles"):
        titles.bind(dataset=dataset, assets=[first], title=foreign)
    with pytest.raises(Refused, match="Only in a studio's dataset"):
        titles.bind(dataset=material.open_dataset(owner=world.alice, name="Hers"), assets=[], title=title)


def test_a_clearance_that_is_taken_back_stops_what_runs(real: Studio) -> None:
    alice, title = real.world.alice, cleared(real, "Fog")
    dataset = sealed(gathered(real, title))
    training = began(real, dataset)
    assert running.standing(training).stop == ""
    rights.clear(title=title, by=alice, state="pending")
    orders = running.standing(training)
    assert (orders.stop, title.name in orders.sentence) == ("TITLE_NOT_CLEARED", True)
    assert dataset.assets.get().name in orders.sentence
    worker.work(training.pk)
    training.refresh_from_db()
    assert (training.state, training.code, training.captured) == ("rejected", "TITLE_NOT_CLEARED", 0)
    with pytest.raises(Refused, match=title.name) as refused:
        began(real, dataset)
    assert refused.value.code == "TITLE_NOT_CLEARED"


def test_in_house_nothing_is_trained_on_that_is_not_the_studios(real: Studio) -> None:
    alice = real.world.alice
    ours = sealed(gathered(real, cleared(real, "Ours")))
    licence = inhouse.grant(version=real.version, by=alice)
    own = material.open_dataset(owner=alice, name="Holidays")
    assert house.lacks(licence, own) and not house.lacks(licence, ours)
    with pytest.raises(Refused, match="In house"):
        house.require(licence, own)
    draft = drafting.open_draft(owner=alice, licence=licence)
    draft = drafting.gather(draft=draft, version=draft.version, licence=licence, name="New rushes")
    assert draft.dataset and draft.dataset.studio == real.world.studio


def test_the_in_house_licence_is_shown_and_sold_to_nobody(real: Studio) -> None:
    world = real.world
    licence = inhouse.grant(version=real.version, by=world.alice)
    assert inhouse.grant(version=real.version, by=world.alice) == licence
    offering, tier = licence.revision.tier.offering, licence.revision.tier
    assert offering not in catalogue()
    for person in (world.alice, world.bob):
        client = client_of(person)
        assert client.get(f"/api/v1/tiers/{tier.public_id}").status_code == 404
        assert client.get(f"/api/v1/offerings/{offering.public_id}").status_code == 404
    with pytest.raises(Refused, match="never on sale"):
        catalog.reopen_tier(tier=tier, by=world.alice)
    with pytest.raises(Refused, match="never on sale"):
        catalog.open_tier(offering=offering, by=world.alice, name="X", terms={}, price=Money(100, "EUR"))
    with pytest.raises(Refused, match="owner or an admin"):
        inhouse.grant(version=real.version, by=world.bob)


def test_whoever_leaves_the_studio_trains_in_house_no_more(real: Studio) -> None:
    with transaction.atomic():
        erin = two_step(join(real.world.studio, real.world.person(f"erin{uuid4().hex[:6]}"), "admin"))
    licence = inhouse.grant(version=real.version, by=erin)
    assert judge(licence, Action.UPLOAD, erin, clips=1).ok
    erin.memberships.all().delete()
    assert judge(licence, Action.UPLOAD, erin, clips=1).code == "SUSPENDED"
