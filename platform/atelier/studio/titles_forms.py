"""What is typed and chosen in the register."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from atelier.catalog.models import Performer, Title
from atelier.catalog.scope_form import AUTO, LONGEST, PaperField, ScopeForm
from atelier.catalog.words import BASES, CLEARANCES


class TitleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Title"), max_length=200, widget=forms.TextInput(attrs=AUTO))
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=1888, max_value=2200, required=False)
    eidr = forms.CharField(
        label=gettext_lazy("EIDR"),
        max_length=34,
        required=False,
        help_text=gettext_lazy("The title’s id in the Entertainment Identifier Registry, if it has one: 10.5240/…"),
    )


class ClearanceForm(forms.Form):
    state = forms.ChoiceField(label=gettext_lazy("What is so"), choices=lambda: list(CLEARANCES.items()))
    basis = forms.ChoiceField(
        label=gettext_lazy("On the basis"),
        required=False,
        choices=lambda: [("", gettext("none yet")), *BASES.items()],
        help_text=gettext_lazy("It stands in the public disclosure of what learned from this title."),
    )
    evidence = forms.CharField(
        label=gettext_lazy("On what grounds"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, **AUTO}),
        help_text=gettext_lazy("Contracts, chain of title, who searched and when. Only your studio and its auditors read it."),
    )
    paper = PaperField(
        label=gettext_lazy("A paper that proves it"),
        required=False,
        help_text=gettext_lazy("PDF, PNG or JPEG, at most 10 MB. It stays private."),
    )


class PerformerForm(ScopeForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, widget=forms.TextInput(attrs=AUTO))
    field_order = ("name",)


class CastForm(forms.Form):
    performer = forms.ChoiceField(label=gettext_lazy("Performer"))
    role = forms.CharField(label=gettext_lazy("Role"), max_length=200, required=False, widget=forms.TextInput(attrs=AUTO))

    def __init__(self, performers: Iterable[Performer], data: Any = None) -> None:
        super().__init__(data)
        self.known = {row.public_id: row for row in performers}
        self.fields["performer"].choices = [(key, row.name) for key, row in self.known.items()]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Performer:
        return self.known[self.cleaned_data["performer"]]


class RegisterForm(forms.Form):
    """The filters of the register. What makes no sense counts as not asked for."""

    q = forms.CharField(label=gettext_lazy("Name or EIDR"), max_length=100, required=False, widget=forms.TextInput(attrs=AUTO))
    state = forms.ChoiceField(
        label=gettext_lazy("Rights"), required=False, choices=lambda: [("", gettext("every state")), *CLEARANCES.items()]
    )

    def narrowed(self, titles: Iterable[Title]) -> list[Title]:
        self.is_valid()
        words, state = self.cleaned_data.get("q", "").casefold().split(), self.cleaned_data.get("state", "")
        return [title for title in titles if _fits(title, words) and state in ("", title.clearance)]


def _fits(title: Title, words: list[str]) -> bool:
    text = f"{title.name} {title.eidr}".casefold()
    return all(word in text for word in words)
