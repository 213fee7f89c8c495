"""What is typed on the page of a custom model."""

import unicodedata

from django import forms
from django.utils.translation import gettext_lazy as _


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
