"""What is on sale."""

from django.db.models import Prefetch, Q, QuerySet

from atelier.kit.ids import not_found

from .models import Offering, Sample, Tier, TierRevision
from .states import SampleState, VersionState

SOLD = ("offering__version__base__studio", "offering__adapter", "offering__adapter_2")
PUBLISHED = (
    Q(version__state=VersionState.PUBLISHED, in_house=False)
    & (Q(adapter=None) | Q(adapter__state=VersionState.PUBLISHED))
    & (Q(adapter_2=None) | Q(adapter_2__state=VersionState.PUBLISHED))
)


def open_tiers() -> QuerySet[Tier]:
    newest = Prefetch("revisions", TierRevision.objects.order_by("-number"))
    return Tier.objects.filter(open=True).order_by("created_at").prefetch_related(newest)


def catalogue() -> QuerySet[Offering]:
    """Offerings of published versions and adapters that have something on sale: open tiers in `on_sale`, the version's `good_samples`."""
    shown = Offering.objects.filter(PUBLISHED, tiers__open=True).distinct()
    samples = Prefetch("version__samples", Sample.objects.filter(state=SampleState.READY), to_attr="good_samples")
    return shown.select_related("version__base__studio", "adapter", "adapter_2").prefetch_related(
        Prefetch("tiers", open_tiers(), to_attr="on_sale"), samples, "version__titles", "adapter__titles", "adapter_2__titles"
    )


def sample(public_id: str) -> Sample:
    """A sample as anybody may see it. Refused("not_found", 404) while it is not checked, or its base not published."""
    row = Sample.objects.filter(pk=Sample.parse_id(public_id), state=SampleState.READY, version__state=VersionState.PUBLISHED).first()
    if row is None:
        raise not_found()
    return row


def tier(public_id: str) -> Tier:
    """A tier as anybody may read it, on sale or not any more. Refused("not_found", 404) while its base is not published."""
    shown = Tier.objects.filter(pk=Tier.parse_id(public_id), offering__in=Offering.objects.filter(PUBLISHED))
    row = shown.select_related(*SOLD).first()
    if row is None:
        raise not_found()
    return row


def offering(public_id: str) -> Offering:
    """An offering as anybody may read it, with its open tiers in `on_sale`. Refused("not_found", 404) unless it is in the catalogue."""
    row = catalogue().filter(pk=Offering.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row
