"""What a studio offers: its offerings with their tiers, as a list, and opening one over a published version."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from django import forms
from django.contrib import messages
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from atelier.accounts.access import STUDIO_READERS, STUDIO_WRITERS
from atelier.accounts.door import kept, signed_in
from atelier.catalog import actions
from atelier.catalog.models import BaseVersion, HouseAdapter, Offering, Tier, TierRevision
from atelier.catalog.states import VersionState
from atelier.kit.ids import not_found

from .room import Room, room, show


class OfferingForm(forms.Form):
    version = forms.ChoiceField(label=_("Over which base model?"))
    name = forms.CharField(
        label=_("Name of the offering"),
        max_length=200,
        help_text=_("As it stands in the catalogue and in every licence text."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def __init__(self, wares: "dict[str, Ware]", data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.versions = wares
        self.fields["version"].choices = [(key, ware.name) for key, ware in wares.items()]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Ware:
    """What an offering can stand on: a base, alone or with a house adapter on it, or one on each of its two transformers."""

    version: BaseVersion
    worn: tuple[HouseAdapter, ...] = ()

    @property
    def key(self) -> str:
        return "+".join(each.public_id for each in self.worn) or self.version.public_id

    @property
    def name(self) -> str:
        return " + ".join([f"{self.version.base.name} · {self.version.version}", *(each.name for each in self.worn)])

    @property
    def adapters(self) -> dict[str, HouseAdapter]:
        return {"adapter_2" if each.part == 2 else "adapter": each for each in self.worn}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def offers(request: HttpRequest, studio: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS if request.method == "POST" else STUDIO_READERS)
    form = OfferingForm(_published(here), request.POST if request.method == "POST" else kept(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        ware = form.versions[data["version"]]
        offering = actions.open_offering(version=ware.version, by=here.person, name=data["name"], **ware.adapters)
        messages.success(request, gettext("The offering is open. It is in the catalogue as soon as it has a tier."))
        return redirect("studio-tier-new", here.id, offering.public_id)
    status = 422 if request.method == "POST" else 200
    return show(request, here, "studio/offers_list.html", {"offerings": _offerings(here), "form": form}, status=status)


def _published(here: Room) -> dict[str, Ware]:
    """By the id of the version, or of what it wears."""
    rows = BaseVersion.objects.filter(base__studio=here.studio, state=VersionState.PUBLISHED).select_related("base").order_by("-created_at")
    wares = (ware for row in rows.prefetch_related("adapters") for ware in _over(row))
    return {ware.key: ware for ware in wares}


def _over(row: BaseVersion) -> Iterator[Ware]:
    there = [adapter for adapter in row.adapters.all() if adapter.state == VersionState.PUBLISHED]
    first, second = ([each for each in there if each.part == part] for part in (1, 2))
    yield Ware(row)
    yield from (Ware(row, (each,)) for each in there)
    yield from (Ware(row, pair) for pair in product(first, second))


def _offerings(here: Room) -> list[Offering]:
    """Newest first, each with its tiers, which know how often they were sold (`sold`) and their revisions, newest first.

    `most` is how often the best of its tiers was sold.
    """
    revisions = Prefetch("revisions", TierRevision.objects.order_by("-number"))
    counted = Tier.objects.annotate(sold=Count("revisions__licences", distinct=True))
    tiers = counted.order_by("-open", "created_at").prefetch_related(revisions)
    most = Subquery(counted.filter(offering=OuterRef("pk")).order_by("-sold").values("sold")[:1])
    rows = (
        Offering.objects.filter(studio=here.studio, in_house=False)
        .annotate(most=most)
        .select_related("version__base", "adapter", "adapter_2")
        .order_by("-created_at")
    )
    return list(rows.prefetch_related(Prefetch("tiers", tiers)))


def find_offering(here: Room, offering: str) -> Offering:
    """An offering of this very studio: an address that mixes two studios leads nowhere."""
    row = (
        Offering.objects.filter(pk=Offering.parse_id(offering), studio=here.studio, in_house=False).select_related("version__base").first()
    )
    if row is None:
        raise not_found()
    return row
