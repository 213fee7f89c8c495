"""Of which title each clip of a studio's dataset is: said while it is open, held against the studio's register for as long as anything
learns from it."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction

from atelier.accounts.access import STUDIO_WRITERS, require_role
from atelier.accounts.models import Studio, User
from atelier.catalog import clearing
from atelier.catalog.models import Title
from atelier.catalog.rights import require_cleared
from atelier.catalog.states import ClearanceState
from atelier.kit.refused import Refused
from atelier.licences import lineage

from .models import Asset, Dataset
from .states import AssetState
from .verbs import changeable, few, note

# Clips named beside a title that is not cleared; the rest are counted.
CLIPS_NAMED = 3


def require_writer(studio: Studio, owner: User) -> None:
    """Who gathers for a studio acts for it."""
    require_role(studio, owner, STUDIO_WRITERS)


@transaction.atomic
def bind(*, dataset: Dataset, assets: Iterable[Asset], title: Title) -> int:
    """These clips are of this title. Refused by name for one that is not cleared. Returns how many were bound."""
    row = changeable(dataset)
    if row.studio is None:
        raise Refused("NO_STUDIOS_DATASET", "Only in a studio's dataset are clips of titles. Open one for your studio.")
    require_writer(row.studio, row.owner)
    require_free(row.studio, title)
    named = sorted(asset.pk for asset in assets)
    bound = row.assets.exclude(state=AssetState.REMOVED).filter(pk__in=named).update(title=title)
    note(row, "material.title", row.public_id, title=title.public_id, clips=bound)
    return bound


def free(studio: Studio) -> list[Title]:
    """What a clip may be of, by name."""
    rows = studio.titles.prefetch_related("clearances").order_by("name", "pk")
    return [title for title in rows if title.clearance == ClearanceState.CLEARED]


def require_free(studio: Studio, title: Title) -> None:
    """Of the studio's register, cleared, and not taken down."""
    if title.studio_id != studio.pk:
        raise Refused("foreign_title", "A studio's dataset holds only clips of its own titles.", status=422, field="title")
    require_cleared([title])
    if lineage.withdrawn([title.pk]):
        raise Refused("title_withdrawn", "“%(title)s” was taken down. Nothing may learn from it.", title=title.name)


def require_sealable(dataset: Dataset, ready: list[Asset]) -> None:
    """Every clip of a studio's dataset names a title, and each of these is cleared."""
    if dataset.studio_id is None:
        return
    if unbound := [asset.name for asset in ready if asset.title_id is None]:
        raise Refused("TITLE_MISSING", "Say of which title %(few)s is.", few=few(unbound), names=unbound)
    if lacking := of_these([dataset.pk]):
        raise Refused(
            "title_not_cleared", "The rights in %(names)s are not cleared. Nothing may learn from it yet.", names=", ".join(lacking)
        )


def of(datasets: Collection[UUID]) -> list[Title]:
    """Of which titles their usable clips are, each once, by name."""
    assets = Asset.objects.filter(dataset__in=datasets, state=AssetState.READY)
    rows = Title.objects.filter(pk__in=assets.exclude(title=None).values("title")).prefetch_related("clearances")
    return list(rows.order_by("name", "pk"))


@clearing.tells
def of_these(items: Collection[UUID]) -> list[str]:
    """The titles that are not cleared, each with its clips, of every dataset among these ids."""
    lacking = [title for title in of(items) if title.clearance != ClearanceState.CLEARED]
    return [_told(title, items) for title in lacking]


def _told(title: Title, items: Collection[UUID]) -> str:
    rows = Asset.objects.filter(dataset__in=items, state=AssetState.READY, title=title).order_by("id")
    names, rest = list(rows.values_list("name", flat=True)[:CLIPS_NAMED]), rows.count() - CLIPS_NAMED
    return f"“{title.name}” ({', '.join(names)}{f' + {rest}' if rest > 0 else ''})"
