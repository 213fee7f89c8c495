"""What a person types on her account's pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .actions import LONGEST_TOKEN_DAYS, SCOPES
from .models import User

USUAL_DAYS = 90
# What a token may do, in words: name and explanation of each scope.
SCOPE_WORDS = {
    "read": (_("Read"), _("See your licences, orders, datasets, trainings and models, and your studio’s log. Changes nothing.")),
    "buy": (_("Buy"), _("Order licences and ask for refunds. Paying still takes place on the payment page.")),
    "train": (_("Train models"), _("Bring material, start and cancel trainings, download the base and your models.")),
    "studio": (_("Studio"), _("Act in your studio with your role: titles, base models, tiers, licences, members.")),
}


class Profile(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        help_text=_("As it should stand in your studio. You may leave it empty."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, help_text=_("Of these pages and of our mails to you."))


class NewToken(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What it is for: “render farm”, “laptop”. You will recognise it by this."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope, SCOPE_WORDS[scope][0]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    days = forms.IntegerField(
        label=_("Days"),
        min_value=1,
        max_value=LONGEST_TOKEN_DAYS,
        initial=USUAL_DAYS,
        localize=False,
        help_text=_("After so many days it stops working by itself. At most 365."),
    )

    def ticks(self) -> list[tuple[str, Any, Any, bool]]:
        """Scope, name, explanation and whether it is ticked."""
        chosen = self["scopes"].value() or []
        return [(scope, *SCOPE_WORDS[scope], scope in chosen) for scope in SCOPES]


class Closing(forms.Form):
    """She types her own address: nothing that happens by a slip of the hand."""

    typed = forms.CharField(label=_("Your e-mail address, to confirm"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed.strip().casefold() != self.user.email.casefold():
            raise forms.ValidationError(_("This is not the address of this account: %(email)s"), params={"email": self.user.email})
        return typed
