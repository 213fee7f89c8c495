"""Everything that we hold on a person, as one JSON document. Secrets are left out: they are of use to nobody but a thief.

It is made of rows, not of files, so it is small enough to be made while she waits; clips and models are downloaded on their own pages.
"""

import json
from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q

from atelier.audit.actions import record
from atelier.audit.models import Entry

from .belongings import EXPORTERS, exports, facts
from .models import User

LEFT_OUT = ("the password's hash", "the secrets of the second step and of tokens", "session keys")


@transaction.atomic
def document(person: User) -> bytes:
    """The JSON, indented for people. That it was taken is noted, and stands in the next one."""
    told = {name: list(exporter(person)) for name, exporter in EXPORTERS.items()}
    entry = record(action="account.export", subject=person.public_id, studio=None, actor=person.id)
    entry.refresh_from_db()
    whole = {"format": "atelier-export-1", "made_at": entry.at, "left_out": LEFT_OUT, **told}
    return json.dumps(whole, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode()


@exports("account")
def account(person: User) -> Iterator[dict[str, Any]]:
    yield facts(person, "email", "name", "language", "is_staff", "last_login")


@exports("email_addresses")
def email_addresses(person: User) -> Iterator[dict[str, Any]]:
    for row in EmailAddress.objects.filter(user=person).order_by("pk"):
        yield facts(row, "email", "verified", "primary")


@exports("two_step")
def two_step(person: User) -> Iterator[dict[str, Any]]:
    for row in Authenticator.objects.filter(user=person).order_by("pk"):
        yield {**facts(row, "type", "created_at", "last_used_at"), "name": str(row)}


@exports("sessions")
def sessions(person: User) -> Iterator[dict[str, Any]]:
    for row in UserSession.objects.filter(user=person).order_by("pk"):
        yield facts(row, "created_at", "last_seen_at", "ip", "user_agent")


@exports("tokens")
def tokens(person: User) -> Iterator[dict[str, Any]]:
    for row in person.api_tokens.order_by("pk"):
        yield facts(row, "name", "hint", "scopes", "expires_at", "last_used_at", "revoked_at")


@exports("studios")
def studios(person: User) -> Iterator[dict[str, Any]]:
    for row in person.memberships.select_related("studio").order_by("pk"):
        yield {**facts(row, "studio", "role"), "studio_name": row.studio.name}


@exports("log")
def log(person: User) -> Iterator[dict[str, Any]]:
    """What she did, and what was done about her."""
    named = Q(actor=person.id) | Q(subject=person.public_id) | Q(detail__member=str(person.id))
    for row in Entry.objects.filter(named).order_by("pk").iterator():
        yield facts(row, "at", "action", "subject", "titles", "licence", "detail")
