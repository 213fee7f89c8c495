"""Webhooks by the Standard Webhooks specification: signed, retried with longer and longer pauses, switched off when nothing arrives.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from atelier.accounts.models import User
from atelier.kit import mail, news, outbox
from atelier.kit.refused import Refused
from atelier.licences.queries import database_now

from . import outward
from .models import Delivery, Hook

MOST = 5
MOST_TESTS, TESTS_WITHIN = 20, timedelta(hours=1)
# Between the attempts; after the last, the event is given up.
PAUSES = tuple(timedelta(seconds=each) for each in (5, 300, 1800, 7200, 18_000, 36_000, 36_000))
# Nothing arrived for this long: it is switched off, and its owner is written to.
PATIENCE = timedelta(days=5)
GONE = 410
TEST = "test"


@transaction.atomic
def register(*, owner: User, url: str) -> Hook:
    """Raises Refused("bad_address") for an address that is not public https, ("too_many") beyond MOST, ("known_already") for a second."""
    outward.target(url)
    User.objects.select_for_update().get(pk=owner.pk)
    urls = set(owner.hooks.values_list("url", flat=True))
    if url in urls:
        raise Refused("known_already", "This address is told already.")
    if len(urls) >= MOST:
        raise Refused("too_many", "There can be %(most)s addresses. Remove one first.", most=MOST)
    return Hook.objects.create(owner=owner, url=url)


@transaction.atomic
def remove(*, hook: Hook) -> None:
    """Nothing more is sent, nor kept of what was."""
    hook.delete()


@transaction.atomic
def switch_on(*, hook: Hook) -> Hook:
    """Again, after it was switched off. What happened meanwhile is not sent."""
    outward.target(hook.url)
    Hook.objects.filter(pk=hook.pk).update(off_at=None, failing_since=None)
    hook.refresh_from_db()
    return hook


@transaction.atomic
def try_out(*, hook: Hook) -> Delivery:
    """Sends an event that says nothing, once, whatever it is answered with."""
    Hook.objects.select_for_update().get(pk=hook.pk)
    if hook.deliveries.filter(kind=TEST, created_at__gt=Now() - TESTS_WITHIN).count() >= MOST_TESTS:
        raise Refused("too_many_tests", "That were many tests within an hour. Wait a while.", status=429)
    return _send(hook, TEST, {"hook": hook.public_id})


def secret(hook: Hook) -> str:
    """What its owner checks signatures with. Made from the server's own key, so it is in no table and no backup."""
    key = hmac.new(settings.TOKEN_PEPPER.encode(), f"webhook {hook.pk}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(key).decode()


def sign(key: str, message: str, at: int, body: bytes) -> str:
    """The header `webhook-signature` for this message, sent at this second."""
    plain = base64.b64decode(key.removeprefix("whsec_"))
    signed = hmac.new(plain, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


@news.listens
def announce(*, person: UUID, kind: str, facts: dict[str, Any]) -> None:
    for hook in Hook.objects.filter(owner=person, off_at=None):
        _send(hook, kind, facts)


def _send(hook: Hook, kind: str, facts: dict[str, Any]) -> Delivery:
    delivery = Delivery.objects.create(hook=hook, kind=kind, facts=facts)
    outbox.post("api.deliver", delivery=str(delivery.pk), attempt=1)
    return delivery


@outbox.handles("api.deliver")
def deliver(*, delivery: str, attempt: int) -> None:
    """One attempt. A second run of the same one does nothing; an attempt lost at its commit is made again, under the same id."""
    row = Delivery.objects.select_for_update(of=("self",)).select_related("hook__owner").filter(pk=delivery).first()
    if row is None or row.attempts >= attempt or row.hook.off_at is not None:
        return
    row.code, row.problem = _attempt(row)
    row.attempts, row.tried_at, row.next_at = attempt, database_now(), None
    if row.code is not None and 200 <= row.code < 300:
        row.arrived_at = row.tried_at
        Hook.objects.filter(pk=row.hook_id).update(failing_since=None)
    elif row.kind != TEST:
        _missed(row)
    row.save()


def _attempt(row: Delivery) -> tuple[int | None, str]:
    body, at = content(row), int(database_now().timestamp())
    signature = sign(secret(row.hook), row.public_id, at, body)
    headers = {"webhook-id": row.public_id, "webhook-timestamp": str(at), "webhook-signature": signature, "User-Agent": "Atelier"}
    try:
        return outward.post(row.hook.url, headers, body), ""
    except outward.Unreachable as none:
        return None, str(none)
    except Refused as refused:
        return None, refused.code


def content(row: Delivery) -> bytes:
    """The same bytes at every attempt."""
    body = {"type": row.kind, "timestamp": row.created_at.isoformat(), "data": row.facts}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _missed(row: Delivery) -> None:
    assert row.tried_at is not None
    since = row.hook.failing_since or row.tried_at
    Hook.objects.filter(pk=row.hook_id, failing_since=None).update(failing_since=since)
    if row.code == GONE or row.tried_at - since >= PATIENCE:
        _switch_off(row.hook, row.tried_at)
    elif row.attempts <= len(PAUSES):
        pause = PAUSES[row.attempts - 1]
        row.next_at = row.tried_at + pause
        outbox.post("api.deliver", after=pause, delivery=str(row.pk), attempt=row.attempts + 1)


def _switch_off(hook: Hook, at: datetime) -> None:
    Hook.objects.filter(pk=hook.pk).update(off_at=at)
    with translation.override(hook.owner.language):
        subject = _("Your webhook does not answer and was switched off")
        body = _("Nothing that we sent to %(url)s arrived for days. Once it answers again, switch it on here:") % {"url": hook.url}
        page = settings.PUBLIC_URL + reverse("hooks")
    mail.send(hook.owner.email, subject, f"{body}\n\n{page}\n")
