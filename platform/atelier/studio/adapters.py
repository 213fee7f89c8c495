"""House adapters: those there are, training another in house, and what was trained becoming one."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from atelier.accounts.access import STUDIO_READERS, STUDIO_WRITERS
from atelier.accounts.door import kept, signed_in
from atelier.catalog.models import BaseVersion, HouseAdapter
from atelier.catalog.states import VersionState
from atelier.kit.ids import not_found
from atelier.library.models import CustomModel
from atelier.library.states import ModelState
from atelier.licences import inhouse
from atelier.licences.models import Licence
from atelier.licences.queries import judge
from atelier.trainings import house
from licensing.judge import Action

from .room import Room, room, show
from .titles import done

AUTO = {"dir": "auto"}


class GroundForm(forms.Form):
    ground = forms.ChoiceField(label=_("On which base model?"))

    def __init__(self, grounds: "Grounds", data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.grounds = grounds
        self.fields["ground"].choices = grounds.choices  # type: ignore[attr-defined]


class AdapterForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the house adapter"),
        max_length=200,
        help_text=_("As it stands beside the base model wherever it is offered."),
        widget=forms.TextInput(attrs=AUTO),
    )
    description = forms.CharField(
        label=_("What look it brings"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3, **AUTO})
    )


@dataclass(frozen=True)
class Grounds:
    """What she can train on: the studio's own bases in house, and those of others that she holds a licence for."""

    here: Room

    @cached_property
    def own(self) -> list[BaseVersion]:
        rows = BaseVersion.objects.filter(base__studio=self.here.studio, state=VersionState.PUBLISHED)
        return list(rows.select_related("base__studio").order_by("base__name", "-created_at"))

    @cached_property
    def others(self) -> list[Licence]:
        held = Licence.objects.filter(holder=self.here.person).exclude(studio=self.here.studio)
        rows = held.select_related("studio", "revision__tier__offering__version__base", "revision__tier__offering__adapter")
        return [row for row in rows.order_by("-granted_at") if judge(row, Action.UPLOAD, clips=0)]

    @property
    def choices(self) -> list[tuple[str, str]]:
        own = [(row.public_id, f"{row.base.name} · {row.version}") for row in self.own]
        words = gettext("%(offering)s, under your licence of %(studio)s: not to be sold")
        others = [(row.public_id, words % {"offering": row.revision.tier.offering.name, "studio": row.studio.name}) for row in self.others]
        return own + others

    def licence(self, chosen: str) -> Licence:
        """To train under; made for her own studio's base where there is none yet."""
        for version in self.own:
            if version.public_id == chosen:
                return inhouse.grant(version=version, by=self.here.person)
        return next(row for row in self.others if row.public_id == chosen)


@dataclass(frozen=True)
class Made:
    """A model that she trained in house, with the form that makes it a house adapter, or with the one that it became."""

    model: CustomModel
    form: AdapterForm
    adapter: HouseAdapter | None

    @property
    def open(self) -> bool:
        return self.adapter is None and self.model.state == ModelState.PUBLISHED


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def adapters(request: HttpRequest, studio: str) -> HttpResponse:
    """The POST leads into the wizard, with the licence to train under."""
    posted = request.method == "POST"
    here = room(request, studio, STUDIO_WRITERS if posted else STUDIO_READERS)
    form = GroundForm(Grounds(here), request.POST if posted else kept(request))
    if posted and form.is_valid():
        licence = form.grounds.licence(form.cleaned_data["ground"])
        return redirect(f"{reverse('training-new')}?licence={licence.public_id}")
    return _page(request, here, form, status=422 if posted else 200)


@signed_in
@require_POST
def publish(request: HttpRequest, studio: str, model: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    row = _models(here).filter(pk=CustomModel.parse_id(model)).first()
    if row is None:
        raise not_found()
    form = AdapterForm(request.POST, auto_id=f"{row.public_id}_%s")
    if form.is_valid() and done(form, lambda: house.publish(model=row, by=here.person, **form.cleaned_data)):
        messages.success(request, gettext("It is being checked, and a house adapter in a moment. Its titles are those of its clips."))
        return redirect("studio-adapters", here.id)
    return _page(request, here, GroundForm(Grounds(here)), sent=(row, form), status=422)


def _models(here: Room) -> QuerySet[CustomModel]:
    return house.made_by(here.person).filter(licence__studio=here.studio)


def _page(
    request: HttpRequest, here: Room, form: GroundForm, sent: tuple[CustomModel, AdapterForm] | None = None, status: int = 200
) -> HttpResponse:
    rows = HouseAdapter.objects.filter(version__base__studio=here.studio).select_related("version__base").prefetch_related("titles")
    adapters = list(rows.order_by("-created_at"))
    became = {row.model: row for row in adapters if row.model}
    made = [Made(row, _form(row, sent), became.get(row.pk)) for row in _models(here)]
    return show(request, here, "studio/adapters.html", {"adapters": adapters, "made": made, "form": form}, status=status)


def _form(row: CustomModel, sent: tuple[CustomModel, AdapterForm] | None) -> AdapterForm:
    return sent[1] if sent and sent[0] == row else AdapterForm(initial={"name": row.name}, auto_id=f"{row.public_id}_%s")
