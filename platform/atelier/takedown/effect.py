"""What follows from a takedown, in batches on queue io. A tombstone that is settled is done with; whatever kills a batch leaves its
tombstones unsettled, and the message comes again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from atelier.audit.actions import record
from atelier.catalog.models import Tier
from atelier.kit import mail, outbox
from atelier.library import actions as library
from atelier.library.models import CustomModel, Handover
from atelier.licences.actions import note
from atelier.licences.models import Licence, Tombstone
from atelier.trainings.withdrawal import withdraw

from . import kinds, takedowns
from .models import Holder, Takedown
from .states import TAKEDOWN, TakedownState

BATCH = 100
DONE, NOTHING = "done", ""
WHOLE = ("artifact__model", "adapter", "licence__revision__tier__offering__version")


def _trainings(row: Takedown, items: list[UUID]) -> dict[UUID, str]:
    return dict.fromkeys(withdraw(items), DONE)


def _handovers(row: Takedown, items: list[UUID]) -> dict[UUID, str]:
    """Their certificates are on the list already, by their tombstones, and the copies are gone from the store."""
    for handover in Handover.objects.filter(pk__in=items).select_related(*WHOLE):
        facts = {"takedown": row.public_id, library.deed(handover): library.subject(handover)}
        note(handover.licence, "takedown.handover", handover.public_id, None, **facts)
    return {}


def _models(row: Takedown, items: list[UUID]) -> dict[UUID, str]:
    for model in CustomModel.objects.filter(pk__in=items).select_related("licence__revision__tier__offering__version"):
        note(model.licence, "takedown.model", model.public_id, None, takedown=row.public_id)
    return {}


def _tiers(row: Takedown, items: list[UUID]) -> dict[UUID, str]:
    """Nothing of it is sold any more."""
    closed = list(Tier.objects.select_for_update(of=("self",)).filter(pk__in=items, open=True).select_related("offering"))
    Tier.objects.filter(pk__in=[tier.pk for tier in closed]).update(open=False)
    for tier in closed:
        record(action="takedown.tier", subject=tier.public_id, studio=tier.offering.studio_id, actor=None, takedown=row.public_id)
    return dict.fromkeys((tier.pk for tier in closed), DONE)


# First what costs money while it goes on. Of every other kind nothing is left to do: the tombstone itself is what follows.
DEEDS: dict[str, Callable[[Takedown, list[UUID]], dict[UUID, str]]] = {
    "training": _trainings,
    "tier": _tiers,
    "handover": _handovers,
    "model": _models,
}


@outbox.handles("takedown.follow")
def follow(takedown: str) -> None:
    """Right after the decision: files and copies too, whose certificates go on the list. Then everything is worked off."""
    row = Takedown.objects.select_for_update().get(pk=takedown)
    if row.state == TakedownState.WORKING:
        takedowns.lay(row)
        takedowns.let_go(row)
        outbox.post("takedown.work", takedown=takedown)


@outbox.handles("takedown.work")
def work(takedown: str) -> None:
    """One batch, and a message for the next. At the end it looks once more for what came into being meanwhile."""
    row = Takedown.objects.select_for_update().get(pk=takedown)
    if row.state != TakedownState.WORKING:
        return
    if not (_settle(row) or _tell(row) or takedowns.spread(row)):
        TAKEDOWN.move(row, TakedownState.DONE, since=Now())
        return
    outbox.post("takedown.work", takedown=takedown)


def _settle(row: Takedown) -> int:
    """How many tombstones were settled now."""
    open_ = Tombstone.objects.filter(takedown=row.pk, settled_at=None)
    for kind, deed in DEEDS.items():
        items = list(open_.filter(kind=kind).order_by("item").values_list("item", flat=True)[:BATCH])
        if items:
            done = deed(row, items)
            for did in {*done.values(), NOTHING}:
                mine = [item for item in items if done.get(item, NOTHING) == did]
                open_.filter(kind=kind, item__in=mine).update(settled_at=Now(), did=did)
            return len(items)
    return open_.update(settled_at=Now())


def _tell(row: Takedown) -> int:
    """One mail for each who is hit, as a message of its own."""
    holders = list(Holder.objects.filter(takedown=row, told_at=None).order_by("pk")[:BATCH])
    for holder in holders:
        outbox.post("takedown.tell_holder", holder=holder.pk, lifted=row.state == TakedownState.LIFTED)
    Holder.objects.filter(pk__in=[holder.pk for holder in holders]).update(told_at=Now())
    return len(holders)


@outbox.handles("takedown.restore")
def restore(takedown: str) -> None:
    """After it was lifted: what was closed because of it is open again, and whoever was told that it fell is told that it stands."""
    row = Takedown.objects.select_for_update().get(pk=takedown)
    closed = Tombstone.objects.filter(takedown=row.pk, kind="tier", did=DONE).values_list("item", flat=True)
    standing = Tombstone.objects.filter(kind="tier", lifted_at=None).values("item")
    for tier in Tier.objects.filter(pk__in=list(closed), open=False).exclude(pk__in=standing).select_related("offering"):
        Tier.objects.filter(pk=tier.pk).update(open=True)
        record(action="takedown.tier_back", subject=tier.public_id, studio=tier.offering.studio_id, actor=None, takedown=row.public_id)
    while _tell(row):
        pass


def progress(row: Takedown) -> list[dict[str, Any]]:
    """Of each kind how many were reached and how many are done with, in the order of the lineage; the people who are told at the end."""
    settled = Count("pk", filter=Q(settled_at__isnull=False))
    found = {
        each["kind"]: each for each in Tombstone.objects.filter(takedown=row.pk).values("kind").annotate(total=Count("pk"), done=settled)
    }
    told = row.holders.aggregate(total=Count("pk"), done=Count("pk", filter=Q(told_at__isnull=False)))
    rows = [{"label": kind.many, **found[name]} for name, kind in kinds.KINDS.items() if name in found]
    return [*rows, {"kind": "holder", "label": _("People told by mail"), **told}]


@outbox.handles("takedown.tell_holder")
def tell_holder(holder: int, lifted: bool) -> None:
    """Run twice it would tell her twice, which harms nobody."""
    row = Holder.objects.select_related("person", "takedown").get(pk=holder)
    with translation.override("fr" if row.person.language.startswith("fr") else "en"):
        subject = _("Given back: what was taken down") if lifted else _("Taken down: what you may no longer use")
        text = render_to_string("takedown/holder.txt", {"person": row.person, "takedown": row.takedown, "lifted": lifted, **_hers(row)})
    mail.send(row.person.email, subject, text)


def _hers(row: Holder) -> dict[str, Any]:
    """What of hers was reached, and what she can do instead."""
    stones = Tombstone.objects.filter(takedown=row.takedown_id)

    def reached(kind: str) -> Any:
        return stones.filter(kind=kind).values("item")

    models = list(CustomModel.objects.filter(owner=row.person, pk__in=reached("model")).order_by("pk"))
    licences = Licence.objects.filter(holder=row.person, pk__in=reached("licence")).select_related("revision__tier__offering")
    stopped = row.person.trainings.filter(pk__in=reached("training").filter(did=DONE)).select_related("quote")
    again = settings.PUBLIC_URL + reverse("trainings")
    return {
        "models": models,
        "licences": list(licences),
        "trainings": list(stopped),
        "copies": Handover.objects.filter(person=row.person, pk__in=reached("handover")).count(),
        "word": kinds.KINDS[row.takedown.kind].one,
        "hers": row.takedown.kind in takedowns.CREATORS,
        "instead": _instead(row.takedown),
        "address": again,
    }


def _instead(row: Takedown) -> list[dict[str, str]]:
    """Offers of the same base models, and of their studios, that do not stand on what was taken down."""
    tiers = Tombstone.objects.filter(takedown=row.pk, kind="tier").values("item")
    standing = Tombstone.objects.filter(kind__in=("offering", "base_version"), lifted_at=None).values("item")
    studios = Tier.objects.filter(pk__in=tiers).values("offering__studio")
    left = Tier.objects.filter(open=True, offering__studio__in=studios, offering__version__state="published")
    left = left.exclude(offering__in=standing).exclude(offering__version__in=standing).select_related("offering").order_by("offering", "pk")
    offers = {tier.offering_id: tier.offering for tier in left}
    return [{"name": each.name, "address": settings.PUBLIC_URL + reverse("offering", args=[each.public_id])} for each in offers.values()]
