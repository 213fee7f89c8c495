"""The notice as a form."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .actions import LONGEST_WORDS, Notice
from .models import Capacity, Matter

INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def statement() -> str:
    """What a claimant declares. It is kept with the case as she read it."""
    return gettext(
        "I declare in good faith that what I say here is true and complete as far as I know, that the use I complain about was not "
        "permitted by whoever holds the rights or is shown, and that I may speak for them. I know that a false notice can make me liable."
    )


def single_line(value: str) -> None:
    if any(unicodedata.category(sign) in INVISIBLE for sign in value):
        raise ValidationError(_("Write it on one line, without control characters."))


class Line(forms.CharField):
    default_validators = [single_line]


class NoticeForm(forms.Form):
    matter = forms.ChoiceField(label=_("What is it about?"), choices=[("", "—"), *Matter.choices])
    work = Line(label=_("Which work, title or person?"), max_length=300)
    where = Line(
        label=_("Where is it, here?"),
        max_length=500,
        required=False,
        help_text=_("The address of the page, or the id of the model, base model or offering. Leave it empty if you do not know."),
    )
    account = forms.CharField(
        label=_("What is wrong?"),
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("In your own words: what you saw, how you recognised it, and what you ask for."),
    )
    name = Line(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    capacity = forms.ChoiceField(label=_("In what capacity do you write?"), choices=[("", "—"), *Capacity.choices])
    organisation = Line(
        label=_("Company or organisation (if any)"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("The receipt goes there, with a link on which you can follow your notice."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    good_faith = forms.BooleanField(
        label=lazy(statement, str)(), error_messages={"required": _("Without this statement we cannot act on a notice.")}
    )
    signature = Line(
        label=_("Signature: your name once more"),
        max_length=200,
        help_text=_("Typing your name here stands for your signature."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    # People do not see it and programs fill it in.
    website = forms.CharField(
        required=False, label=_("Leave this empty"), widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"})
    )

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("This field is a trap for programs. If you are a person, empty it and send again."))
        return ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "name" in data and "signature" in data and _same(data["name"]) != _same(data["signature"]):
            self.add_error("signature", _("The signature is not the name above. Type the same name in both."))
        return data

    def notice(self) -> Notice:
        data = {name: value for name, value in self.cleaned_data.items() if name not in ("good_faith", "website")}
        return Notice(**data, statement=statement())


class AppealForm(forms.Form):
    words = forms.CharField(
        label=_("Why is the decision wrong?"),
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Another person of our staff reads it. A decision can be appealed against once."),
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=_("Your answer"),
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("It is kept with the case. Our staff goes on as soon as it is here."),
    )


def _same(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
