"""Where staff reads notices and decides. What a claimant said and what happened is shown and cannot be changed."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from atelier.accounts.models import User
from atelier.kit.refused import Refused

from . import actions
from .models import Case, Event
from .states import CASE, DECIDED, CaseState


class DecisionForm(forms.ModelForm):
    """The only thing that may be written: a decision with its reason."""

    decision = forms.ChoiceField(required=False)
    words = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}), label="Reason, as the claimant reads it")

    class Meta:
        model = Case
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        after = CASE.moves[self.instance.state] - {CaseState.APPEALED}
        choices = [(state.value, state.label) for state in CaseState if state in after]
        self.fields["decision"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("decision") in DECIDED and not data.get("words", "").strip():
            self.add_error("words", "A decision needs its reason.")
        return data


class History(admin.TabularInline):
    model = Event
    fields = readonly_fields = ("created_at", "kind", "actor", "words")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Case)
class CaseAdmin(admin.ModelAdmin):
    form = DecisionForm
    list_display = ("number", "state", "since", "matter", "work", "subject", "studio", "confirmed_at")
    list_filter = ("state", "matter", "capacity")
    search_fields = ("number", "work", "name", "email", "subject")
    readonly_fields = tuple(field.name for field in Case._meta.fields if field.name != "id")
    inlines = (History,)
    actions = ("take_up",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Take up for review")
    def take_up(self, request: HttpRequest, queryset: QuerySet[Case]) -> None:
        assert isinstance(request.user, User)
        for case in queryset:
            self._do(request, lambda case=case: actions.take_up(case=case, by=request.user))

    def save_model(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        """Nothing is saved but through actions."""
        assert isinstance(request.user, User)
        to, by = form.cleaned_data["decision"], request.user
        if to == CaseState.IN_REVIEW:
            self._do(request, lambda: actions.take_up(case=obj, by=by))
        elif to in DECIDED:
            self._do(request, lambda: actions.decide(case=obj, by=by, upheld=to == CaseState.UPHELD, words=form.cleaned_data["words"]))

    def _do(self, request: HttpRequest, deed: Any) -> HttpResponse | None:
        try:
            deed()
        except Refused as refused:
            self.message_user(request, refused.told(), messages.ERROR)
        return None
