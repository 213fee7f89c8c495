"""What is typed on the page of a custom model."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.context import Use
from licensing.terms import MEDIA, STAGES
from licensing.territories import ENGLISH, FRENCH, TERRITORIES, WORLD
from licensing.texts import words


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Only you see it. The names of the files stay as they are."))

    def clean_name(self) -> str:
        """One line, without signs that cannot be seen."""
        words = unicodedata.normalize("NFC", self.cleaned_data["name"])
        shown = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in words)
        name = " ".join(shown.split())
        if not name:
            raise forms.ValidationError(_("Give it a name that can be shown."))
        return name


class UseForm(forms.Form):
    """What a model is for from now on. `language` is the reader's; the terms judge it."""

    stage = forms.ChoiceField(label=_("Stage of production"))
    media = forms.MultipleChoiceField(label=_("Media"), widget=forms.SelectMultiple(attrs={"size": 6}))  # type: ignore[assignment]
    territories = forms.MultipleChoiceField(label=_("Territories"), widget=forms.SelectMultiple(attrs={"size": 6}))
    commercial = forms.BooleanField(label=_("Commercial use"), required=False)

    def __init__(self, *args: Any, language: str, **more: Any) -> None:
        super().__init__(*args, **more)
        told = words(language)
        for name, codes in (("stage", STAGES), ("media", MEDIA)):
            self.fields[name].choices = [(code, told.say(name, code)) for code in codes]  # type: ignore[attr-defined]
        places = FRENCH if language == "fr" else ENGLISH
        rest = sorted((code for code in TERRITORIES if code != WORLD), key=lambda code: places[code])
        self.fields["territories"].choices = [(code, places[code]) for code in (WORLD, *rest)]  # type: ignore[attr-defined]

    @property
    def use(self) -> Use:
        said = self.cleaned_data
        places = (WORLD,) if WORLD in said["territories"] else tuple(said["territories"])
        return Use(said["stage"], tuple(said["media"]), places, said["commercial"])


class LeakForm(forms.Form):
    """A file, or where one lies already."""

    file = forms.FileField(label=_("The file"), required=False, help_text=_("A safetensors file, in whatever layout, of at most 1 GiB."))
    key = forms.CharField(
        label=_("Or where it lies"), max_length=300, required=False, help_text=_("Its key in the bucket where uploads arrive.")
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if bool(said.get("file")) == bool(said.get("key")):
            raise forms.ValidationError(gettext("Give a file, or say where one lies."))
        return said
