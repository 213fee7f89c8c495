"""Idempotency-Key on POST: the first answer is kept for a day and given again; the same key with another body is refused."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts.models import User
from atelier.kit.refused import Refused

from .models import IdempotentAnswer

LONGEST_KEY = 255
# A request that died without an answer frees its key after this long.
GIVEN_UP_AFTER = timedelta(minutes=2)
KEPT_FOR = timedelta(hours=24)


class Replayed(Exception):
    """Carries the stored answer out of the view."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"replayed {status}")
        self.status, self.body = status, body


def begin(request: Request) -> IdempotentAnswer | None:
    """Takes the key for this request, or raises Replayed / Refused. None when the request carries no key."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or request.method != "POST" or not isinstance(request.user, User):
        return None
    if len(key) > LONGEST_KEY:
        raise Refused("idempotency_key_too_long", "An Idempotency-Key has at most %(most)s signs.", status=422, most=LONGEST_KEY)
    fingerprint = hashlib.sha256(f"{request.path}\n".encode() + request.body).hexdigest()
    mine = IdempotentAnswer.objects.filter(user=request.user, key=key)
    mine.filter(created_at__lt=Now() - KEPT_FOR).delete()
    mine.filter(status=None, created_at__lt=Now() - GIVEN_UP_AFTER).delete()
    try:
        with transaction.atomic():
            return IdempotentAnswer.objects.create(user=request.user, key=key, fingerprint=fingerprint)
    except IntegrityError:
        raise _earlier(mine.first(), fingerprint) from None


def _earlier(row: IdempotentAnswer | None, fingerprint: str) -> Exception:
    """What to say of the request that had the key before. None: it has failed just now, and freed it."""
    if row is not None and row.fingerprint != fingerprint:
        return Refused("idempotency_key_reused", "This Idempotency-Key was used for another request. Use a new key.", status=422)
    if row is None or row.status is None:
        return Refused("in_progress", "The first request with this Idempotency-Key is still running. Ask again in a moment.")
    return Replayed(row.status, row.body)


def forget() -> int:
    """Answers repeat what their caller was told, so they are kept no longer than they are promised. Returns how many went."""
    return IdempotentAnswer.objects.filter(created_at__lt=Now() - KEPT_FOR).delete()[0]


def finish(row: IdempotentAnswer, response: Response) -> None:
    """Keeps the answer; a failure of ours (5xx) frees the key, so that the caller may try again."""
    if response.status_code >= 500:
        row.delete()
    else:
        IdempotentAnswer.objects.filter(pk=row.pk).update(status=response.status_code, body=response.data)
