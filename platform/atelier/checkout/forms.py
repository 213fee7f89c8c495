"""What a buyer types: that she accepts, and that she gives back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

AGAIN = "again"


class Acceptance(forms.Form):
    """`revision` and `text` name exactly what was shown. `again` is asked only of somebody who holds this licence already."""

    revision = forms.CharField(max_length=40, widget=forms.HiddenInput)
    text = forms.RegexField(r"^sha256:[0-9a-f]{64}\Z", widget=forms.HiddenInput)
    accept = forms.BooleanField(
        label=_("I have read the licence text on this page and accept it."),
        error_messages={"required": _("Without your acceptance there is no licence. Read the text, then tick this box.")},
    )
    again = forms.BooleanField(
        label=_("I know that I hold this licence already, and want another one."),
        error_messages={"required": _("You hold this licence already. Tick this box only if you want to pay for another one.")},
    )

    def __init__(self, *args: Any, holds: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not holds:
            del self.fields[AGAIN]


class GiveBack(forms.Form):
    reason = forms.CharField(
        label=_("Why, if you want to say"),
        help_text=_("The studio reads it. It changes nothing about your right to give the licence back."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    sure = forms.BooleanField(
        label=_("I give this licence back. It stops now, for good."),
        error_messages={"required": _("Tick this box to give the licence back, or go back to the order.")},
    )
