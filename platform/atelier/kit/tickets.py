"""The end of the links in our mails: it names one row, and nobody but us can write it. How long the row can be used the row itself says."""

from typing import TypeVar

from django.core import signing
from django.db.models import QuerySet

from .ids import not_found
from .models import Row

R = TypeVar("R", bound=Row)


def ticket(row: Row) -> str:
    return signing.dumps(row.public_id, salt=_salt(type(row)))


def find(rows: QuerySet[R], ticket: str) -> R:
    """The one of `rows` that the ticket names. Refused("not_found", 404) for a text that we have not signed for a row of this kind."""
    try:
        public_id = signing.loads(ticket, salt=_salt(rows.model))
    except signing.BadSignature:
        raise not_found() from None
    row = rows.filter(pk=rows.model.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row


def _salt(kind: type[Row]) -> str:
    """A kind that is called otherwise one day opens no link of before."""
    return f"atelier.{kind._meta.label_lower}"
