"""What a studio's own people train under: the same licence as everybody's, from the studio to itself. It costs nothing, is on sale nowhere,
and holds for as long as its holder may act for the studio. What is trained under it learns from the studio's own titles alone."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from atelier.accounts.access import STUDIO_WRITERS, require_role
from atelier.accounts.models import User
from atelier.catalog.actions import complete_terms
from atelier.catalog.models import BaseVersion, Offering, Tier, TierRevision
from atelier.catalog.states import VersionState
from atelier.kit.refused import Refused
from licensing.terms import LIKENESS, MEDIA, STAGES
from licensing.territories import WORLD

from . import actions
from .models import Licence

NAME = "In house"
# Training seconds of one person on one base: a hundred hours.
SECONDS = 360_000
# Nothing that the studio could owe itself is held back.
TERMS: dict[str, Any] = {
    "stages": list(STAGES),
    "commercial": True,
    "media": list(MEDIA),
    "territories": [WORLD],
    "period_days": None,
    "seats": 1,
    "may_train": True,
    "training_seconds": SECONDS,
    "max_rank": 1024,
    "max_steps": 100_000,
    "max_resolution": 4096,
    "max_clips": 10_000,
    "may_download": True,
    "may_download_base": True,
    "may_sublicense": True,
    "may_merge": True,
    "may_sell_outputs": True,
    "revenue_cap": None,
    "likeness": LIKENESS[-1],
    "credit_line": None,
    "titles_excluded": [],
    "royalty_bps": 0,
    "priority": False,
    "concurrent_trainings": 100,
}


@transaction.atomic
def grant(*, version: BaseVersion, by: User) -> Licence:
    """Hers to train on a base of her studio; asked again, the one that she has."""
    require_role(version.studio, by, STUDIO_WRITERS)
    if version.state != VersionState.PUBLISHED:
        raise Refused("not_published", "A house adapter goes on a published base model. Publish the base first.")
    source = f"in-house:{version.pk.hex}:{by.pk.hex}"
    return actions.grant(holder=by, revision=_revision(version), source=source, accepted_text="")


def _revision(version: BaseVersion) -> TierRevision:
    """Of a tier that is never on sale, over an offering that nobody is shown: one for each base, made when it is first asked for."""
    BaseVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    facts = {"studio": version.studio, "name": f"{version.base.name} {version.version}"}
    offering, _ = Offering.objects.get_or_create(version=version, in_house=True, defaults=facts)
    tier, _ = Tier.objects.get_or_create(offering=offering, name=NAME, defaults={"open": False})
    terms = complete_terms(offering, TERMS)
    price = {"price_amount": 0, "price_currency": "EUR"}
    made = {"terms_json": terms.to_dict(), "terms_id": terms.id, **price}
    return TierRevision.objects.get_or_create(tier=tier, number=1, defaults=made)[0]


def held_by(person: User) -> QuerySet[Licence]:
    """Hers, of whatever studio."""
    return Licence.objects.filter(holder=person, revision__tier__offering__in_house=True)
