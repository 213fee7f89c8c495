"""A training under a licence over base and house adapter learns on top of both, and says so."""

import hashlib
import json
import struct

import httpx
import numpy as np
import pytest

from atelier.catalog import actions as catalog
from atelier.catalog import adapters
from atelier.catalog.models import HouseAdapter
from atelier.kit import store
from atelier.library.models import CustomModel
from atelier.licences.actions import grant
from atelier.trainings import worker
from atelier.trainings.actions import start
from licensing.money import Money
from tests.world import run_outbox

from .real import Studio

pytestmark = pytest.mark.usefixtures("engine_ends")
LAYERS = {"blocks.0.attn1.to_q": (192, 192), "blocks.1.ffn.net.2": (192, 768)}
RANK = 2


def lora() -> bytes:
    """A strong look on two layers, as diffusers writes one."""
    noise, header, data = np.random.default_rng(3), {}, b""
    for layer, (out, into) in LAYERS.items():
        for side, shape, size in (("lora_A", (RANK, into), into**-0.5), ("lora_B", (out, RANK), 0.2)):
            raw = (noise.standard_normal(shape) * size).astype(np.float32).tobytes()
            header[f"transformer.{layer}.{side}.weight"] = {
                "dtype": "F32",
                "shape": list(shape),
                "data_offsets": [len(data), len(data) + len(raw)],
            }
            data += raw
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written)) + written + data


@pytest.fixture
def adapter(real: Studio) -> HouseAdapter:
    """Published, from the studio's cleared title, through the real check."""
    data, by = lora(), real.world.alice
    facts = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    row = adapters.open_adapter(version=real.version, by=by, name="Night look", titles=list(real.version.titles.all()), **facts)
    [link] = adapters.send_parts(adapter=row, by=by, numbers=[1])
    httpx.put(link.url, content=data).raise_for_status()
    adapters.complete(adapter=row, by=by)
    run_outbox()
    row.refresh_from_db()
    assert row.state == "published", row.problem
    return row


def test_it_wears_the_house_adapter_and_its_model_says_so(real: Studio, adapter: HouseAdapter) -> None:
    world = real.world
    offering = catalog.open_offering(version=real.version, by=world.alice, name="Lumen by night", adapter=adapter)
    terms = {name: value for name, value in world.terms().items() if name not in ("version", "grantor", "offering", "base_digest")}
    tier = catalog.open_tier(offering=offering, by=world.alice, name="Middle", terms=terms, price=Money(4900, "EUR"))
    licence = grant(holder=world.bob, revision=tier.current, source=f"test-{tier.pk}", accepted_text="sha256:" + "0" * 64)
    training = start(quote=real.quote(licence=licence, steps=2), by=world.bob)
    worker.work(training.pk)
    training.refresh_from_db()
    assert training.state == "done", training.sentence
    weights = CustomModel.objects.get(training=training.pk).artifacts.filter(kind="weights", layout="diffusers").get()
    head = store.head(store.MODELS, weights.key, 1 << 20)
    metadata = json.loads(head[8 : 8 + struct.unpack("<Q", head[:8])[0]])["__metadata__"]
    assert metadata["finetune.house_adapter"] == adapter.digest
