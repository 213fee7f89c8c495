"""A licence over a base that wears a house adapter, with the base's files in it."""

import hashlib
from typing import Any
from uuid import uuid4

from atelier.catalog.models import HouseAdapter, Offering, Tier, TierRevision
from atelier.kit import store
from atelier.licences.actions import grant
from atelier.licences.models import Licence
from licensing.terms import Terms
from tests.world import World


def adapter(world: World, data: bytes = b"weights") -> HouseAdapter:
    """Published, and its file in the store."""
    facts: dict[str, Any] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "state": "published"}
    row = HouseAdapter.objects.create(version=world.version, name=f"Look {uuid4().hex[:6]}", key=f"adapters/{uuid4()}", **facts)
    row.titles.set(world.version.titles.all())
    store.put_bytes(store.MODELS, row.key, data)
    return row


def worn(world: World, row: HouseAdapter | None = None, over: str = "", **terms: Any) -> Licence:
    """Bob's; `over` this offering where one is named."""
    if over:
        offering = Offering.objects.get(pk=Offering.parse_id(over))
    else:
        offering = Offering.objects.create(studio=world.studio, version=world.version, adapter=row or adapter(world), name="By night")
    said = Terms.from_dict(world.terms(offering=offering.name, base_digest=offering.digest, **{"may_download_base": True, **terms}))
    tier, price = Tier.objects.create(offering=offering, name="Whole"), {"price_amount": 4900, "price_currency": "EUR"}
    revision = TierRevision.objects.create(tier=tier, number=1, terms_json=said.to_dict(), terms_id=said.id, **price)
    return grant(holder=world.bob, revision=revision, source=f"test-{tier.pk}", accepted_text="sha256:" + "0" * 64)
