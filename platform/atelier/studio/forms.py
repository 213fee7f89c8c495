"""What the studio's people type in."""

from datetime import timedelta
from typing import Any
from unicodedata import combining, normalize

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy

from atelier.accounts.actions import may_give
from atelier.accounts.models import Role, Studio
from atelier.audit import queries as audit
from atelier.audit.models import Entry
from atelier.catalog.models import Tier, Title
from atelier.kit import ids
from atelier.kit.refused import Refused
from atelier.licences.actions import PAYMENT_REASONS
from atelier.licences.models import Licence
from licensing import territories

from . import holders, queries, told, words

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
LARGEST = 2**63 - 1


def countries() -> list[tuple[str, str]]:
    """Codes with their names in the reader's language, by name."""
    names = territories.FRENCH if get_language() == "fr" else territories.ENGLISH
    return sorted(((code, name) for code, name in names.items() if code != territories.WORLD), key=lambda each: _plain(each[1]))


def _plain(name: str) -> str:
    """As dictionaries sort: É beside E."""
    return "".join(sign for sign in normalize("NFKD", name.casefold()) if not combining(sign))


def tiers_of(studio: Studio) -> list[tuple[str, str]]:
    rows = Tier.objects.filter(offering__studio=studio).select_related("offering").order_by("offering__name", "name")
    return [("", gettext("every tier")), *((row.public_id, f"{row.offering.name} · {row.name}") for row in rows)]


class StudioForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the studio"), max_length=200, widget=forms.TextInput(attrs={"dir": "auto"}))
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=countries, initial="FR")


class ClosingForm(forms.Form):
    """The owner types the studio's name: nothing that happens by a slip of the hand."""

    typed = forms.CharField(
        label=gettext_lazy("The name of the studio, to confirm"), widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    )

    def __init__(self, studio: Studio, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.studio = studio

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if " ".join(typed.split()).casefold() != " ".join(self.studio.name.split()).casefold():
            raise forms.ValidationError(gettext("This is not the name of this studio: %(name)s"), params={"name": self.studio.name})
        return typed


class IdField(forms.CharField):
    """A public id of one kind; understood as its UUID."""

    def __init__(self, prefix: str, **more: Any) -> None:
        super().__init__(max_length=40, **more)
        self.prefix = prefix

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return ids.parse(self.prefix, text.strip())
        except Refused:
            raise forms.ValidationError(gettext("Write the whole id: %(prefix)s_ and 32 signs.") % {"prefix": self.prefix}) from None


class PeriodForm(forms.Form):
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=DAY)
    until = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DAY)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            self.add_error("until", gettext("The period ends before it begins."))
        return found


class UsageForm(PeriodForm):
    """The filters of the usage audit, from the address."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, choices=[("", gettext_lazy("every kind")), *words.KINDS.items()])
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)
    title = forms.ChoiceField(label=gettext_lazy("Title"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("every state")),
            (gettext_lazy("Trainings"), list(words.TRAININGS.items())),
            (gettext_lazy("Downloads"), list(words.DOWNLOADS.items())),
        ],
    )
    who = IdField("usr", label=gettext_lazy("Creator"), required=False)
    measure = forms.ChoiceField(
        label=gettext_lazy("Draw"), required=False, choices=[("uses", gettext_lazy("uses")), ("seconds", gettext_lazy("training time"))]
    )
    sort = forms.ChoiceField(
        required=False, choices=[(sign + name, name) for name in queries.SORTS for sign in ("", "-")], widget=forms.HiddenInput
    )

    def __init__(self, asked: Any, studio: Studio) -> None:
        super().__init__(asked)
        titles = Title.objects.filter(studio=studio).order_by("name")
        self.fields["tier"].choices = tiers_of(studio)  # type: ignore[attr-defined]
        self.fields["title"].choices = [("", gettext("every title")), *((row.public_id, row.name) for row in titles)]  # type: ignore[attr-defined]

    @property
    def asked(self) -> queries.Asked:
        """What of it makes sense."""
        found = self.cleaned_data
        return queries.Asked(
            since=found.get("since"),
            until=found.get("until"),
            tier=Tier.parse_id(found["tier"]) if found.get("tier") else None,
            title=Title.parse_id(found["title"]) if found.get("title") else None,
            who=found.get("who"),
            kind=found.get("kind", ""),
            state=found.get("state", ""),
            sort=found.get("sort") or "-at",
        )


class LogForm(PeriodForm):
    """The filters of the audit log, from the address."""

    action = forms.ChoiceField(label=gettext_lazy("What happened"), required=False)
    licence = IdField("lic", label=gettext_lazy("Licence"), required=False)
    actor = IdField("usr", label=gettext_lazy("Who did it"), required=False)
    subject = forms.CharField(
        label=gettext_lazy("About what"), required=False, max_length=80, help_text=gettext_lazy("A whole id, like trn_…")
    )
    number = forms.IntegerField(label=gettext_lazy("Entry number"), required=False, min_value=1, max_value=LARGEST)
    before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST, widget=forms.HiddenInput)

    def __init__(self, asked: Any) -> None:
        super().__init__(asked)
        groups: dict[str, list[tuple[str, str | Promise]]] = {}
        for action in told.SENTENCES:
            groups.setdefault(action.partition(".")[0] + ".", []).append((action, words.deed(action)))
        every = [(words.deed(group), [(group, _all_about(group)), *actions]) for group, actions in groups.items()]
        self.fields["action"].choices = [("", gettext("everything")), *every]  # type: ignore[attr-defined]

    def entries(self, studio: Studio) -> QuerySet[Entry]:
        found = self.cleaned_data
        since, until = found.get("since"), found.get("until")
        return audit.of_studio(
            studio.id,
            action=found.get("action", ""),
            licence=ids.public("lic", found["licence"]) if found.get("licence") else "",
            subject=found.get("subject", "").strip(),
            actor=found.get("actor"),
            number=found.get("number"),
            since=queries.midnight(since) if since else None,
            before=queries.midnight(until + timedelta(days=1)) if until else None,
        )


def _all_about(group: str) -> str:
    return gettext("all about: %(group)s") % {"group": words.deed(group)}


class LicencesForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", gettext_lazy("every state")), *words.LICENCES.items()]
    )
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)
    holder = IdField("usr", label=gettext_lazy("Holder"), required=False)

    def __init__(self, asked: Any, studio: Studio) -> None:
        super().__init__(asked)
        self.fields["tier"].choices = tiers_of(studio)  # type: ignore[attr-defined]

    def rows(self, studio: Studio) -> QuerySet[Licence]:
        found = self.cleaned_data
        tier = Tier.parse_id(found["tier"]) if found.get("tier") else None
        return holders.of_studio(studio, state=found.get("state", ""), tier=tier, holder=found.get("holder"))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=80,
        help_text=gettext_lazy("The holder reads it, and it stands in the audit log for good."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def clean_reason(self) -> str:
        """A payment's own reasons decide who may restore the licence: nobody else gives them."""
        reason: str = self.cleaned_data["reason"]
        if reason in PAYMENT_REASONS:
            raise forms.ValidationError(gettext("This is what a payment says. Say it in other words."))
        return reason


class InviteForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, typed: Any, role: str) -> None:
        super().__init__(typed)
        given = [each for each in reversed(Role) if role in may_give(each)]
        self.fields["role"].choices = [(each.value, words.ROLES[each.value]) for each in given]  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=list(words.ROLES.items()))
