"""What is typed or chosen on the pages of the material."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy

from atelier.accounts.models import Studio
from atelier.catalog.scope_form import ScopeForm
from atelier.kit.refused import Refused
from atelier.licences.models import Licence

from .limits import CAPTION_SIGNS

LARGEST_SIDECAR = 64 << 10
AUTO = {"dir": "auto"}


class LicenceField(forms.ModelChoiceField):
    """What a dataset is meant for, by its public id, as addresses name it."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Licence that it is meant for"),
            queryset=Licence.objects.none(),
            required=False,
            empty_label=gettext_lazy("Not known yet"),
            help_text=gettext_lazy("Each clip is then held against its terms at once, and not only when you train."),
        )

    def prepare_value(self, value: Any) -> Any:
        return value.public_id if isinstance(value, Licence) else value

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(Licence.parse_id(str(value)) if value else None)
        except Refused as refused:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from refused

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.revision.tier.offering.name} · {obj.revision.tier.name}"


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the dataset"),
        max_length=200,
        widget=forms.TextInput(attrs=AUTO),
        help_text=gettext_lazy("Only you see it. Name what the model should learn: a style, a place, a thing."),
    )
    studio = forms.ModelChoiceField(
        label=gettext_lazy("Whom it is for"),
        queryset=Studio.objects.none(),
        required=False,
        empty_label=gettext_lazy("Myself"),
        help_text=gettext_lazy("For a studio, each clip is of one of its cleared titles."),
    )

    licence = LicenceField()

    def __init__(self, studios: QuerySet[Studio], licences: QuerySet[Licence], data: Any = None, initial: Any = None) -> None:
        """`studios`: for which she may gather; `licences`: under which she may train. Without any there is nothing to choose."""
        super().__init__(data, initial=initial)
        if studios:
            self.fields["studio"].queryset = studios  # type: ignore[attr-defined]
            self.fields["studio"].label_from_instance = lambda row: row.name  # type: ignore[attr-defined]
        else:
            del self.fields["studio"]
        if licences:
            self.fields["licence"].queryset = licences  # type: ignore[attr-defined]
        else:
            del self.fields["licence"]


class MeantForm(forms.Form):
    licence = LicenceField()

    def __init__(self, licences: QuerySet[Licence], data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["licence"].queryset = licences  # type: ignore[attr-defined]


class CaptionForm(forms.Form):
    """`was`: the caption that was shown when the writer began."""

    text = forms.CharField(required=False, max_length=CAPTION_SIGNS, widget=forms.Textarea(attrs={"rows": 3, **AUTO}))
    was = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


class LinesForm(forms.Form):
    lines = forms.CharField(
        label=gettext_lazy("One line for each file: its name, a colon, its caption"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true", **AUTO}),
        help_text=gettext_lazy("Files that you leave out of the list stay as they are."),
    )


class RewordForm(forms.Form):
    """Find and replace, and a word before or after every caption."""

    find = forms.CharField(label=gettext_lazy("Find"), required=False, strip=False, widget=forms.TextInput(attrs=AUTO))
    replace = forms.CharField(label=gettext_lazy("Replace by"), required=False, strip=False, widget=forms.TextInput(attrs=AUTO))
    before = forms.CharField(
        label=gettext_lazy("Put before every caption"),
        required=False,
        widget=forms.TextInput(attrs=AUTO),
        help_text=gettext_lazy("A trigger word, such as “lumen style”. Captions that begin with it already stay."),
    )
    after = forms.CharField(label=gettext_lazy("Put after every caption"), required=False, widget=forms.TextInput(attrs=AUTO))
    bare = forms.BooleanField(label=gettext_lazy("Also give files without a caption these words"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(data.get(name) for name in ("find", "before", "after")):
            raise forms.ValidationError(gettext("Say what to find, or what to put before or after."))
        return data


class SidecarInput(forms.FileInput):
    allow_multiple_selected = True


class SidecarField(forms.FileField):
    """Several small text files, as (name, text)."""

    widget = SidecarInput

    def clean(self, data: Any, initial: Any = None) -> list[tuple[str, str]]:
        files = data if isinstance(data, list | tuple) else [data]
        return [self._read(super(SidecarField, self).clean(file, initial)) for file in files]

    def _read(self, file: UploadedFile) -> tuple[str, str]:
        if (file.size or 0) > LARGEST_SIDECAR:
            raise forms.ValidationError(gettext("“%(name)s” is too large for a caption.") % {"name": file.name})
        raw: bytes = file.read()
        try:
            return str(file.name), raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return str(file.name), raw.decode("cp1252", "replace")


class SidecarForm(forms.Form):
    texts = SidecarField(
        label=gettext_lazy("Caption files"),
        help_text=gettext_lazy("Text files named as their clip: night.txt for night.mp4. At most 100 at a time."),
        widget=SidecarInput(attrs={"accept": ".txt,text/plain", "multiple": True}),
    )


class ConsentForm(ScopeForm):
    performer = forms.CharField(
        label=gettext_lazy("Name of the person"),
        max_length=200,
        widget=forms.TextInput(attrs=AUTO),
        help_text=gettext_lazy("Only you see it."),
    )
    field_order = ("performer",)


class AttestForm(forms.Form):
    agreed = forms.BooleanField(
        label=gettext_lazy("I have read this declaration, and I make it."),
        error_messages={"required": gettext_lazy("Tick this to make the declaration. Without it, nothing can be sealed.")},
    )
    text_hash = forms.CharField(max_length=71, widget=forms.HiddenInput)
