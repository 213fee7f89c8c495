"""The wizard: four pages over one draft. Reload, another device and the back button find it as it was left."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from atelier.accounts.access import find
from atelier.accounts.door import kept, person, signed_in
from atelier.kit.refused import Refused
from atelier.licences.models import Licence
from atelier.material.models import Dataset
from atelier.material.states import DatasetState

from . import drafting
from .forms import NEW, ClipsForm, SettingsForm, TriggerForm
from .models import Draft, Quote, Training
from .queue import model_of
from .wizard_checks import No, advice, may_train
from .wizard_launch import LaunchRoom
from .wizard_picks import Picks
from .wizard_rooms import CaptionsRoom, ClipsRoom
from .wizard_settings import Guess, SettingsRoom

STEPS: dict[str, Promise] = {
    "clips": _("Clips"),
    "captions": _("Captions and rights"),
    "settings": _("Settings"),
    "launch": _("Check and launch"),
}
View = Callable[[HttpRequest, Draft], HttpResponseBase]


@dataclass(frozen=True)
class Step:
    """`address` is empty for a step that cannot be opened yet."""

    name: str
    title: Promise
    address: str
    here: bool


@dataclass(frozen=True)
class Trouble:
    """Why the page shows something else than was asked for."""

    sentence: str
    do: str = ""

    @classmethod
    def of(cls, error: Refused) -> "Trouble":
        return cls(error.told(), advice(error.code))


def step(view: View) -> Callable[..., HttpResponseBase]:
    """Finds the reader's draft. One that has become a training leads there."""

    @signed_in
    @wraps(view)
    def found(request: HttpRequest, draft: str) -> HttpResponseBase:
        row = find(Draft, draft, person(request))
        if training := row.training:
            return to_run(training)
        return view(request, row)

    return found


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Without a row yet: nothing is written before something was chosen."""
    if request.method == "POST" and "from" in request.POST:
        return _again(request)
    room = ClipsRoom.of(person(request), _asked_licence(request), _asked_dataset(request))
    if request.method != "POST":
        source = request.GET.get("from", "")
        copied = find(Training, source, person(request)) if source else None
        learned = model_of(copied) if copied else None
        return _show(request, None, "clips", room=room, form=_clips_form(room, _kept(request)), copied=copied, learned=learned)
    form = _clips_form(room, request.POST)
    if not _understood(form, request):
        return _show(request, None, "clips", status=422, room=room, form=form)
    licence, dataset = _chosen(request, form)
    draft = drafting.open_draft(owner=person(request), licence=licence, dataset=dataset)
    if form.cleaned_data["dataset"] == NEW:
        draft = drafting.gather(draft=draft, version=draft.version, licence=licence, name=form.cleaned_data["name"])
    elif draft.version > 1:
        messages.info(request, gettext("You go on with the draft that you have for these."))
    return _after_clips(draft)


@step
def clips(request: HttpRequest, draft: Draft) -> HttpResponse:
    room = ClipsRoom.of(draft.owner, draft.licence, draft.dataset)
    if request.method != "POST":
        return _show(request, draft, "clips", room=room, form=_clips_form(room, _kept(request)))
    form = _clips_form(room, request.POST)
    if not _understood(form, request):
        return _show(request, draft, "clips", status=422, room=room, form=form)
    licence, dataset = _chosen(request, form)
    try:
        if form.cleaned_data["dataset"] == NEW:
            draft = drafting.gather(draft=draft, version=_version(request), licence=licence, name=form.cleaned_data["name"])
        else:
            draft = drafting.choose(draft=draft, version=_version(request), licence=licence, dataset=dataset)
    except Refused as error:
        return _show_refused(request, draft, "clips", error, room=room, form=form)
    return _after_clips(draft)


@step
def captions(request: HttpRequest, draft: Draft) -> HttpResponse:
    if draft.licence is None or draft.dataset is None:
        return _back(request, draft, "clips", gettext("Choose a licence and a dataset first."))
    typed = request.POST if request.method == "POST" else _kept(request)
    trigger = typed.get("trigger", "") if typed is not None else draft.knobs.get("trigger", "")
    room = CaptionsRoom.of(draft.licence, draft.dataset, trigger)
    form = TriggerForm(typed, initial={"trigger": trigger})
    if request.method != "POST" or not form.is_valid():
        return _show(request, draft, "captions", status=200 if request.method != "POST" else 422, room=room, form=form)
    if request.POST.get("do") == "look":
        return _look(request, draft, form)
    if room.open and not request.POST.get("agreed"):
        form.add_error(None, gettext("Read the declaration and agree to it: without it nothing can be sealed."))
        return _show(request, draft, "captions", status=422, room=room, form=form)
    word, version = form.cleaned_data["trigger"], _version(request)
    try:
        if room.open:
            sealed = drafting.seal(draft=draft, version=version, trigger=word, text_hash=request.POST["agreed"])
            _tell_sealed(request, len(sealed.left_out))
        else:
            drafting.call(draft=draft, version=version, trigger=word)
    except Refused as error:
        return _show_refused(request, draft, "captions", error, room=room, form=form)
    return redirect("draft-settings", draft.public_id)


def _look(request: HttpRequest, draft: Draft, form: TriggerForm) -> HttpResponse:
    """Keeps the word, and shows how many captions have it."""
    try:
        drafting.call(draft=draft, version=_version(request), trigger=form.cleaned_data["trigger"])
    except Refused as error:
        assert draft.licence and draft.dataset
        room = CaptionsRoom.of(draft.licence, draft.dataset, form.cleaned_data["trigger"])
        return _show_refused(request, draft, "captions", error, room=room, form=form)
    return redirect(reverse("draft-captions", args=[draft.public_id]) + "#trigger-title")


@step
def settings(request: HttpRequest, draft: Draft) -> HttpResponse:
    if draft.licence is None or draft.dataset is None or draft.dataset.state != DatasetState.SEALED:
        return _back(request, draft, "captions", gettext("Seal the dataset first: a quote stands for exactly what is in it."))
    room = SettingsRoom.of(draft, draft.licence, draft.dataset)
    typed = request.POST if request.method == "POST" else _kept(request)
    form = SettingsForm(typed, initial=room.initial, prompts=room.prompts)
    asked = request.POST.get("do") == "guess"
    if asked and "HX-Request" in request.headers:
        return render(request, "trainings/_guess.html", {"guess": Guess.beside(room, form)})
    picks = Picks.of(room.grants, form["stage"].value(), form["media"].value() or [], form["territories"].value() or [])
    shown: dict[str, Any] = {"room": room, "form": form, "picks": picks, "asked": asked, "guess": partial(Guess.beside, room, form)}
    if request.method != "POST" or asked:
        return _show(request, draft, "settings", **shown)
    if not form.is_valid():
        return _show(request, draft, "settings", status=422, **shown)
    try:
        drafting.settle(
            draft=draft,
            version=_version(request),
            name=form.cleaned_data["name"],
            use=form.use,
            knobs={**draft.knobs, **form.knobs},
            previews=form.previews(draft.previews),
            seed=form.cleaned_data["seed"],
        )
    except Refused as error:
        if not error.extra.keys() & {"clause", "field"}:
            return _show_refused(request, draft, "settings", error, **shown)
        form.refused(error)
        return _show(request, draft, "settings", status=422, **shown)
    return redirect("draft-launch", draft.public_id)


@step
def launch(request: HttpRequest, draft: Draft) -> HttpResponse:
    if draft.licence is None or draft.dataset is None or "steps" not in draft.knobs:
        return _back(request, draft, "settings", gettext("Say first what you train for, and how."))
    if request.method != "POST":
        return _show(request, draft, "launch", room=LaunchRoom.of(draft, draft.licence, draft.dataset))
    try:
        if request.POST.get("do") == "renew":
            drafting.renew(draft=draft, version=_version(request))
            messages.success(request, gettext("Here is a new quote. It is good for an hour."))
            return redirect("draft-launch", draft.public_id)
        quote = find(Quote, request.POST.get("quote", ""), draft.owner)
        return to_run(drafting.start(draft=draft, quote=quote, by=draft.owner))
    except Refused as error:
        fresh = Draft.objects.filter(pk=draft.pk).first()
        if fresh is None or fresh.licence is None or fresh.dataset is None:
            raise
        return _show_refused(request, fresh, "launch", error, room=LaunchRoom.of(fresh, fresh.licence, fresh.dataset))


@require_POST
@step
def discard(request: HttpRequest, draft: Draft) -> HttpResponse:
    drafting.discard(draft=draft)
    messages.success(request, gettext("The draft is gone. Your dataset and your licence are as they were."))
    return redirect("home")


def to_run(training: Training) -> HttpResponse:
    return redirect("training", training.public_id)


def step_of(draft: Draft) -> str:
    """The first step at which it still needs something."""
    if draft.licence is None or draft.dataset is None or draft.dataset.state == DatasetState.WITHDRAWN:
        return "clips"
    if draft.dataset.state == DatasetState.OPEN:
        return "captions"
    return "launch" if draft.quote_id else "settings"


def _again(request: HttpRequest) -> HttpResponse:
    source = find(Training, request.POST["from"], person(request))
    draft = drafting.copy(training=source, by=person(request), on="on" in request.POST)
    return redirect(f"draft-{step_of(draft)}", draft.public_id)


def _after_clips(draft: Draft) -> HttpResponse:
    """On to the captions once there is anything to caption."""
    assert draft.dataset is not None
    empty = draft.dataset.state == DatasetState.OPEN and not draft.dataset.assets.exclude(state="removed").exists()
    return redirect("draft-clips" if empty else "draft-captions", draft.public_id)


def _clips_form(room: ClipsRoom, typed: Any) -> ClipsForm:
    return ClipsForm(typed, licences=room.licence_ids, datasets=room.dataset_ids, initial=room.initial)


def _understood(form: ClipsForm, request: HttpRequest) -> bool:
    """Also asks the judge whether the licence lets her train at all, before anything is prepared under it."""
    if not form.is_valid():
        return False
    no = may_train(find(Licence, form.cleaned_data["licence"], person(request)), person(request))
    if no:
        form.add_error("licence", f"{no.sentence} {no.do}")
    return no is None


def _chosen(request: HttpRequest, form: ClipsForm) -> tuple[Licence, Dataset | None]:
    licence, dataset = form.cleaned_data["licence"], form.cleaned_data["dataset"]
    return find(Licence, licence, person(request)), None if dataset == NEW else find(Dataset, dataset, person(request))


def _asked_licence(request: HttpRequest) -> Licence | None:
    asked = request.GET.get("licence", "")
    return find(Licence, asked, person(request)) if asked else None


def _asked_dataset(request: HttpRequest) -> Dataset | None:
    asked = request.GET.get("dataset", "")
    return find(Dataset, asked, person(request)) if asked else None


def _kept(request: HttpRequest) -> Any:
    again = kept(request)
    if again is not None:
        messages.info(request, gettext("You signed in again. What you had typed is still here: check it and send it once more."))
    return again


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _tell_sealed(request: HttpRequest, left_out: int) -> None:
    messages.success(request, gettext("The dataset is sealed: nothing in it changes any more."))
    if left_out:
        text = ngettext("%(count)s file that is not usable was left out.", "%(count)s files that are not usable were left out.", left_out)
        messages.info(request, text % {"count": left_out})


def _back(request: HttpRequest, draft: Draft, name: str, why: str) -> HttpResponse:
    messages.info(request, why)
    return redirect(f"draft-{name}", draft.public_id)


def _show_refused(request: HttpRequest, draft: Draft, name: str, error: Refused, **shown: Any) -> HttpResponse:
    """The page as it was, with why not above what was typed. Sent again, it counts against the draft as it is now."""
    fresh = Draft.objects.filter(pk=draft.pk).first()
    if fresh is None or error.code == "not_found":
        raise error
    if training := fresh.training:
        return to_run(training)
    return _show(request, fresh, name, status=error.status, trouble=Trouble.of(error), **shown)


def _show(request: HttpRequest, draft: Draft | None, name: str, *, status: int = 200, **shown: Any) -> HttpResponse:
    about = {"draft": draft, "steps": _steps(draft, name), "title": STEPS[name], "standing": _standing(draft)}
    return render(request, f"trainings/wizard_{name}.html", about | shown, status=status)


def _steps(draft: Draft | None, here: str) -> list[Step]:
    reached = list(STEPS).index(step_of(draft)) if draft else 0
    if draft and "steps" in draft.knobs and reached == 2:
        reached = 3
    return [
        Step(name, title, reverse(f"draft-{name}", args=[draft.public_id]) if draft and number <= reached else "", name == here)
        for number, (name, title) in enumerate(STEPS.items())
    ]


def _standing(draft: Draft | None) -> list[No]:
    """What was taken from under the draft while it lay."""
    noes = []
    if draft and draft.licence and (no := may_train(draft.licence, draft.owner)):
        noes.append(No(no.sentence, no.do, "licence"))
    if draft and draft.dataset and draft.dataset.state == DatasetState.WITHDRAWN:
        why = gettext("The dataset of this draft was withdrawn: its files are gone.")
        noes.append(No(why, gettext("Choose or open another one. Your settings stay."), "dataset"))
    return noes
