"""Notices that came from a person's own address, in her export. They stay: whoever was complained about has a right to them."""

from collections.abc import Iterator
from typing import Any

from atelier.accounts.belongings import exports, facts
from atelier.accounts.models import User

from .models import Case


@exports("takedown_notices")
def notices(person: User) -> Iterator[dict[str, Any]]:
    said = ("matter", "work", "where", "account", "name", "capacity", "organisation", "email", "statement", "signature")
    for row in Case.objects.filter(email__iexact=person.email).exclude(confirmed_at=None).order_by("pk"):
        yield facts(row, "number", "state", "since", *said)
