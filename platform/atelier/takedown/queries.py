"""The notices as the desk lists them: what waits longest first, confirmed ones before the others."""

from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Min, OuterRef, Q, QuerySet, Subquery

from atelier.accounts.models import User

from .desk_forms import Show, Whose
from .models import Case, Event, Kind
from .states import DECIDED, CaseState

# A case with `taken_by`, the id of whoever took it up last.
Taken = Any
OPEN = tuple(state for state in CaseState if state not in DECIDED)
FOUND_IN = ("number", "work", "name", "organisation", "email", "subject")


def waiting() -> list[dict[str, object]]:
    """Each open state with how many are in it, and since when the first."""
    found = {row["state"]: row for row in Case.objects.order_by().values("state").annotate(count=Count("pk"), oldest=Min("since"))}
    nothing = {"count": 0, "oldest": None}
    return [{"state": state.value, "label": state.label, **(found.get(state.value) or nothing)} for state in OPEN]


def rows(me: User, *, show: str = "", matter: str = "", whose: str = "", find: str = "") -> QuerySet[Any]:
    """Each with `taken_by`, the id of whoever took it up last."""
    wanted = _standing(show) & _of(me, whose) & _found(find)
    if matter:
        wanted &= Q(matter=matter)
    confirmed = ExpressionWrapper(Q(confirmed_at__isnull=False), output_field=BooleanField())
    return taken().filter(wanted).select_related("studio").order_by(confirmed.desc(), "since", "pk")


def taken() -> QuerySet[Any]:
    last = Event.objects.filter(case=OuterRef("pk"), kind=Kind.REVIEW).order_by("-id")
    return Case.objects.annotate(taken_by=Subquery(last.values("actor")[:1]))


def others(case: Case) -> tuple[int, int]:
    """How many other notices are about the same thing, and from the same address."""
    rest = Case.objects.exclude(pk=case.pk)
    about = rest.filter(subject=case.subject).count() if case.subject else 0
    return about, rest.filter(email__iexact=case.email).count()


def _standing(show: str) -> Q:
    if show == Show.EVERY:
        return Q()
    return Q(state__in=OPEN) if show == Show.OPEN else Q(state=show)


def _of(me: User, whose: str) -> Q:
    if whose == Whose.MINE:
        return Q(taken_by=me.pk)
    return Q(taken_by=None) if whose == Whose.NOBODY else Q()


def _found(text: str) -> Q:
    found = Q()
    for field in FOUND_IN:
        found |= Q(**{f"{field}__icontains": text.strip()})
    return found if text.strip() else Q()
