"""Whether something that a model stands on was taken down. The tombstones are laid by whoever decides (takedown), and read here."""

from collections.abc import Iterable
from uuid import UUID

from atelier.catalog.models import Tier
from atelier.kit import ids

from .models import Licence, Tombstone

HANDOVER, HANDOVER_PREFIX = "handover", "hnd"


def withdrawn(items: Iterable[UUID]) -> bool:
    """Whether a standing tombstone names one of them: one look into an index, right from the moment of the decision."""
    return bool(_named(items))


def fallen(licences: Iterable[Licence]) -> set[UUID]:
    """Those of these licences that stand on something withdrawn, with as many looks as for one."""
    stands = {licence.pk: set(below(licence)) for licence in licences}
    named = _named(item for items in stands.values() for item in items)
    return {pk for pk, items in stands.items() if items & named}


def _named(items: Iterable[UUID]) -> set[UUID]:
    return set(Tombstone.objects.filter(item__in=set(items), lifted_at=None).values_list("item", flat=True))


def below(licence: Licence) -> list[UUID]:
    """What a licence itself stands on: tier, offering, base version, house adapter, and the titles that these learned from."""
    return [licence.pk, *under(licence.revision.tier)]


def under(tier: Tier) -> list[UUID]:
    offering = tier.offering
    worn = [each for each in (offering.adapter_id, offering.adapter_2_id) if each]
    return [tier.pk, offering.pk, offering.version_id, *worn, *(title.pk for title in offering.titles)]


def certificates() -> tuple[str, ...]:
    """Ids of the certificates whose copies were taken down. A certificate has its handover's id."""
    rows = Tombstone.objects.filter(kind=HANDOVER, lifted_at=None).values_list("item", flat=True).distinct()
    return tuple(sorted(ids.public(HANDOVER_PREFIX, item) for item in rows))
