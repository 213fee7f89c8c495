"""What staff types at the desk."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from .actions import LONGEST_WORDS
from .models import Matter
from .states import CaseState


class Show(TextChoices):
    """Which notices, beside those of one state. The first is shown when nothing is asked for."""

    OPEN = "", _("all that are open")
    EVERY = "every", _("every one, decided ones too")


class Whose(TextChoices):
    EVERYBODY = "", _("everybody’s")
    MINE = "mine", _("mine")
    NOBODY = "nobody", _("nobody’s yet")


class QueueForm(forms.Form):
    """The filters of the queue, from the address."""

    show = forms.ChoiceField(label=_("State"), required=False, choices=[*Show.choices, *CaseState.choices])
    matter = forms.ChoiceField(label=_("About"), required=False, choices=[("", _("everything")), *Matter.choices])
    whose = forms.ChoiceField(label=_("Taken up by"), required=False, choices=Whose.choices)
    find = forms.CharField(
        label=_("Number, work, name, address or id"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "type": "search"}),
    )


class SeenField(forms.CharField):
    """The moment since which the case stood where the page showed it."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> datetime:
        try:
            seen = datetime.fromisoformat(super().clean(value))
        except ValueError:
            raise ValidationError(_("Reload the page and send this again.")) from None
        if seen.tzinfo is None:
            raise ValidationError(_("Reload the page and send this again."))
        return seen


class SeenForm(forms.Form):
    seen = SeenField()


class QuestionForm(SeenForm):
    question = forms.CharField(
        label=_("Your question"),
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("It is mailed as you write it. The notice waits until the claimant has answered on the page that her mail links to."),
    )


class DecisionForm(SeenForm):
    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (CaseState.UPHELD.value, _("Uphold: the claimant is right")),
            (CaseState.REJECTED.value, _("Reject: nothing has to be done")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("The reason"),
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=_("It is mailed as you write it: what you looked at, what you found, and what follows."),
    )
