"""Notices that came from a person's own address, and takedowns that are hers or reached something of hers, in her export. They stay:
whoever was complained about has a right to the ones, and the logs of the studios name the others."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from atelier.accounts.belongings import exports, facts
from atelier.accounts.models import User

from .models import Case, Takedown


@exports("takedown_notices")
def notices(person: User) -> Iterator[dict[str, Any]]:
    said = ("matter", "work", "where", "account", "name", "capacity", "organisation", "email", "statement", "signature")
    for row in Case.objects.filter(email__iexact=person.email).exclude(confirmed_at=None).order_by("pk"):
        yield facts(row, "number", "state", "since", *said)


@exports("takedowns")
def takedowns(person: User) -> Iterator[dict[str, Any]]:
    hers = Q(by=person) | Q(owner=person) | Q(lifted_by=person) | Q(holders__person=person)
    for row in Takedown.objects.filter(hers).distinct().order_by("pk"):
        yield facts(row, "kind", "reason", "state", "since", "lifted_reason")
