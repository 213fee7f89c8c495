"""A base with two transformers wears two house adapters: both are checked, offered, trained on, handed over and taken back together."""

import hashlib
import json
import struct
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from atelier.catalog import actions, adapters, disclosures, rights
from atelier.catalog.models import HouseAdapter, Title
from atelier.kit.refused import Refused
from atelier.library.actions import hand_adapter
from atelier.library.models import Fingerprint, Outcome
from atelier.licences.models import Licence
from atelier.takedown import lineage
from atelier.trainings import transfer
from atelier.trainings.actions import job_of
from finetune.families import layout
from finetune.job import Base, Frozen
from finetune.manifest import DatasetManifest
from tests.world import World, client_of, run_outbox

from .adapters import BASE
from .worn import worn

pytestmark = pytest.mark.django_db
SINGLE = asdict(layout("wan").facts(BASE))
PAIR = {
    **SINGLE,
    "boundary": 0.875,
    "layers": {f"{part}.{name}": shape for part in ("transformer", "transformer_2") for name, shape in SINGLE["layers"].items()},
}
Pair = tuple[HouseAdapter, HouseAdapter]
KNOBS = {"steps": 1, "rank": 1, "alpha": 1.0, "learning_rate": 1e-3, "batch_size": 1, "checkpoint_every": 1, "caption_dropout": 0.0}


def lora(seed: int, rank: int = 4) -> bytes:
    """On every layer of one transformer, as diffusers writes one."""
    noise, header, data = np.random.default_rng(seed), {}, b""
    for layer, (out, into) in SINGLE["layers"].items():
        for side, shape in (("lora_A", (rank, into)), ("lora_B", (out, rank))):
            raw = noise.standard_normal(shape).astype("<f4").tobytes()
            span = [len(data), len(data) + len(raw)]
            header[f"transformer.{layer}.{side}.weight"] = {"dtype": "F32", "shape": list(shape), "data_offsets": span}
            data += raw
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written)) + written + data


@pytest.fixture
def film(world: World) -> Title:
    title = rights.add_title(studio=world.studio, by=world.alice, name="Le Jour", year=1999)
    rights.clear(title=title, by=world.alice, state="cleared", basis="owned", evidence="Ours.")
    return title


@pytest.fixture
def pair(world: World, film: Title) -> Pair:
    """The second learned from another film than the first."""
    world.version.facts = PAIR
    world.version.save()
    return published(world, 1, world.version.titles.get()), published(world, 2, film)


def published(world: World, part: int, title: Title) -> HouseAdapter:
    data = lora(part)
    facts: dict[str, Any] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    row = adapters.open_adapter(version=world.version, by=world.alice, name=f"Side {part}", titles=[title], part=part, **facts)
    [link] = adapters.send_parts(adapter=row, by=world.alice, numbers=[1])
    httpx.put(link.url, content=data).raise_for_status()
    adapters.complete(adapter=row, by=world.alice)
    run_outbox()
    row.refresh_from_db()
    assert row.state == "published", row.problem
    return row


def licence_over(world: World, pair: Pair) -> Licence:
    asked = {"version": world.version.public_id, "name": "Both", "adapter": pair[0].public_id, "adapter_2": pair[1].public_id}
    opened = client_of(world.alice).post("/api/v1/offerings", asked, format="json")
    assert opened.status_code == 201, opened.json()
    return worn(world, over=opened.json()["id"])


def test_both_are_licensed_and_trained_on(
    world: World, pair: Pair, film: Title, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENGINE_DIR = tmp_path
    licence = licence_over(world, pair)
    offering = licence.revision.tier.offering
    named = [Frozen("", each.digest) for each in pair]
    assert offering.digest == Base("", world.version.digest, *named).worn == licence.terms.base_digest
    assert film in offering.titles and len(offering.titles) == 2
    assert [part.name for part in disclosures.of(offering, "en").parts[1:]] == ["Side 1", "Side 2"]
    job = job_of(licence, DatasetManifest.build([]), "quote", KNOBS, [], 0)
    assert [each.digest for each in job.base.adapters if each] == [each.digest for each in pair]
    monkeypatch.setattr(transfer, "fetch_base", lambda version: tmp_path)
    dressed = transfer.dress(job.base, offering)
    read = [hashlib.sha256(Path(each.path).read_bytes()).hexdigest() for each in dressed.adapters if each]
    assert (dressed.path, read) == (str(tmp_path), [each.sha256 for each in pair])


def test_both_are_handed_over_marked_and_both_are_reached(world: World, pair: Pair, film: Title) -> None:
    licence = licence_over(world, pair)
    client = client_of(world.bob)
    for each in pair:
        asked = client.post(f"/api/v1/licences/{licence.public_id}/adapter-download", {"adapter": each.public_id}, format="json")
        assert asked.json()["adapter"] == each.public_id
    run_outbox()
    assert [outcome.code for outcome in Outcome.objects.all()] == ["", ""] and Fingerprint.objects.count() == 2
    reached = lineage.rows("title", film.pk)
    assert {("house_adapter", pair[1].pk), ("licence", licence.pk)} <= reached and ("house_adapter", pair[0].pk) not in reached
    with pytest.raises(Refused, match="No house adapter"):
        hand_adapter(licence=licence, person=world.bob, wanted="had_" + "0" * 32)


def test_each_goes_on_its_own_transformer(world: World, pair: Pair) -> None:
    first, second = pair
    for crossed in ({"adapter": second}, {"adapter_2": first}):
        with pytest.raises(Refused, match="other transformer"):
            actions.open_offering(version=world.version, by=world.alice, name="Crossed", **crossed)
    world.version.facts = SINGLE
    with pytest.raises(Refused, match="one transformer"):
        adapters.open_adapter(
            version=world.version, by=world.alice, name="X", titles=list(world.version.titles.all()), bytes=1, sha256="0" * 64, part=2
        )
