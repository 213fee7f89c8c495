"""House adapters: a file with its titles, checked against its base, offered, sold, and worn by what is trained."""

import hashlib
import json
import struct
from typing import Any

import httpx
import pytest

from atelier.catalog import actions, adapters, rights
from atelier.catalog.models import BaseVersion, HouseAdapter, Title
from atelier.kit.refused import Refused
from atelier.licences.actions import grant
from atelier.licences.queries import facts
from atelier.trainings.actions import job_of
from finetune.job import Base, Frozen
from finetune.manifest import DatasetManifest
from licensing.money import Money
from tests.world import World, client_of, run_outbox

from . import tiny

pytestmark = pytest.mark.django_db
KNOBS = {"steps": 1, "rank": 1, "alpha": 1.0, "learning_rate": 1e-3, "batch_size": 1, "checkpoint_every": 1, "caption_dropout": 0.0}
LAYER = "transformer.blocks.0.attn1.to_q"


def lora(rank: int = 1, out: int = 2, into: int = 2, layer: str = LAYER) -> bytes:
    """A LoRA in diffusers' layout on the one layer of the tiny base."""
    shapes = {f"{layer}.lora_A.weight": (rank, into), f"{layer}.lora_B.weight": (out, rank)}
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * shape[0] * shape[1]
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + bytes(at)


@pytest.fixture
def base(world: World) -> BaseVersion:
    base = tiny.publish(world, tiny.directory(), name="Lux")
    assert base["state"] == "published", base["problem"]
    return BaseVersion.objects.get(pk=BaseVersion.parse_id(base["id"]))


@pytest.fixture
def film(world: World) -> Title:
    title = rights.add_title(studio=world.studio, by=world.alice, name="Le Jour", year=1999)
    rights.clear(title=title, by=world.alice, state="cleared", basis="owned", evidence="Ours.")
    return title


def sent(world: World, base: BaseVersion, films: list[Title], data: bytes, really: bytes | None = None) -> dict[str, Any]:
    """Through the API, from opening to what the check says of it."""
    client, really = client_of(world.alice), data if really is None else really
    wanted = {"version": base.public_id, "name": "Night look", "titles": [film.public_id for film in films], "bytes": len(data)}
    opened = client.post("/api/v1/adapters", wanted | {"sha256": hashlib.sha256(data).hexdigest(), "data_points": 12}, format="json")
    assert opened.status_code == 201, opened.json()
    where = f"/api/v1/adapters/{opened.json()['id']}"
    [link] = client.post(f"{where}/parts", {"numbers": [1]}, format="json").json()
    assert httpx.put(link["url"], content=really, trust_env=False).status_code == 200
    assert client.post(f"{where}/complete").status_code == 202
    run_outbox()
    found: dict[str, Any] = client.get(where).json()
    return found


def test_an_adapter_made_for_its_base_is_published(world: World, base: BaseVersion, film: Title) -> None:
    data = lora()
    found = sent(world, base, [film], data)
    assert (found["state"], found["problem"]) == ("published", "")
    assert (found["digest"], found["titles"]) == (f"sha256:{hashlib.sha256(data).hexdigest()}", [film.public_id])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (lora(into=3), "another size"),
        (lora(layer="transformer.blocks.7.attn1.to_q"), "is not what a LoRA"),
        (tiny.safetensors(), "is not what a LoRA"),
        (lora()[:-1], "cut short"),
        (b"\x80\x04pickle of weights", "is not a safetensors file"),
    ],
    ids=["size", "layer", "no lora", "cut", "pickle"],
)
def test_a_file_that_is_no_adapter_of_this_base_is_refused_with_a_sentence(
    world: World, base: BaseVersion, film: Title, data: bytes, why: str
) -> None:
    found = sent(world, base, [film], data)
    assert found["state"] == "refused" and why in found["problem"], found["problem"]


def test_other_bytes_than_declared_are_refused(world: World, base: BaseVersion, film: Title) -> None:
    data = lora()
    assert "not the one that you declared" in sent(world, base, [film], data, data[:-1] + b"x")["problem"]


def test_it_learns_from_named_cleared_titles_only(world: World, base: BaseVersion, film: Title) -> None:
    wish: dict[str, Any] = {"version": base, "by": world.alice, "name": "Look", "bytes": 9, "sha256": "0" * 64}
    other = rights.add_title(studio=world.studio, by=world.alice, name="Le Soir")
    for titles, code in (([], "titles_missing"), ([film, other], "title_not_cleared")):
        with pytest.raises(Refused) as caught:
            adapters.open_adapter(**wish, titles=titles)
        assert caught.value.code == code
    assert "“Le Soir”" in caught.value.sentence


def offered(world: World, base: BaseVersion, film: Title) -> Any:
    found = sent(world, base, [film], lora())
    adapter = HouseAdapter.objects.get(pk=HouseAdapter.parse_id(found["id"]))
    return actions.open_offering(version=base, by=world.alice, name="Lumen by night", adapter=adapter)


def test_a_licence_over_base_and_adapter_is_judged_by_both_and_its_training_wears_it(world: World, base: BaseVersion, film: Title) -> None:
    offering = offered(world, base, film)
    terms = {name: value for name, value in world.terms().items() if name not in ("version", "grantor", "offering", "base_digest")}
    tier = actions.open_tier(offering=offering, by=world.alice, name="Middle", terms=terms, price=Money(4900, "EUR"))
    licence = grant(holder=world.bob, revision=tier.current, source="test-adapter", accepted_text="sha256:" + "0" * 64)
    worn = Base("", base.digest, Frozen("", offering.adapter.digest)).worn
    assert licence.terms.base_digest == worn == facts(licence, None).base_digest
    assert facts(licence, None).titles == ("Le Jour",)
    job = job_of(licence, DatasetManifest.build([]), "quote", KNOBS, [], 0)
    assert job.base.adapter is not None and job.base.adapter.digest == offering.adapter.digest


def test_the_catalogue_shows_it_with_all_that_it_learned_from(world: World, base: BaseVersion, film: Title) -> None:
    offering = offered(world, base, film)
    terms = {name: value for name, value in world.terms().items() if name not in ("version", "grantor", "offering", "base_digest")}
    actions.open_tier(offering=offering, by=world.alice, name="Middle", terms=terms, price=Money(4900, "EUR"))
    rows = client_of(world.carol).get("/api/v1/catalogue").json()["results"]
    [shown] = [row for row in rows if row["id"] == offering.public_id]
    assert (shown["adapter"], shown["titles"], shown["digest"]) == ("Night look", ["Le Jour"], offering.digest)


def test_an_adapter_goes_with_its_own_base_and_only_once_it_is_published(world: World, base: BaseVersion, film: Title) -> None:
    draft = adapters.open_adapter(version=base, by=world.alice, name="Draft", titles=[film], bytes=9, sha256="0" * 64)
    for version, code in ((base, "not_published"), (world.version, "adapter_elsewhere")):
        with pytest.raises(Refused) as caught:
            actions.open_offering(version=version, by=world.alice, name="No", adapter=draft)
        assert caught.value.code == code
