"""What somebody has agreed to, as a form: of a performer in a studio's register, and of somebody in a creator's clips."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy

from atelier.kit import papers

from .scope import Representation

AUTO = {"dir": "auto"}
LONGEST = 5000
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PaperField(forms.FileField):
    """A small private file, as (name, bytes); None without one."""

    widget = forms.FileInput(attrs={"accept": papers.ACCEPT})

    def clean(self, data: Any, initial: Any = None) -> tuple[str, bytes] | None:
        sent: UploadedFile | None = super().clean(data, initial)
        if not sent:
            return None
        if (sent.size or 0) > papers.LARGEST:
            raise forms.ValidationError(gettext("A paper has at most %(most)s MB.") % {"most": papers.LARGEST >> 20})
        return str(sent.name), sent.read()


class ScopeForm(forms.Form):
    uses = forms.CharField(
        label=gettext_lazy("What was agreed to"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, **AUTO}),
        help_text=gettext_lazy("Which uses, in words that both sides would recognise. What is not described is not agreed to."),
    )
    representation = forms.ChoiceField(label=gettext_lazy("Who spoke for this person"), choices=Representation.choices)
    begins_on = forms.DateField(label=gettext_lazy("From"), required=False, widget=DAY, help_text=gettext_lazy("Empty: from the start."))
    ends_on = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DAY, help_text=gettext_lazy("Empty: without end."))
    deceased = forms.BooleanField(label=gettext_lazy("This person has died"), required=False)
    estate = forms.CharField(
        label=gettext_lazy("Who holds the rights then"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=AUTO),
        help_text=gettext_lazy("Heirs or estate. Their consent is needed for seventy years."),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Where the signed consent is kept"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, **AUTO}),
    )
    paper = PaperField(
        label=gettext_lazy("The signed consent"),
        required=False,
        help_text=gettext_lazy("PDF, PNG or JPEG, at most 10 MB. It stays private."),
    )

    @property
    def given(self) -> dict[str, Any]:
        """As the actions take it."""
        return dict(self.cleaned_data)
