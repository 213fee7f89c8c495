"""What claimants and staff do with a notice. Deciding changes nothing of what it complains about yet; the case carries what that needs."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from atelier.accounts.models import User
from atelier.audit.actions import record
from atelier.kit import outbox
from atelier.kit.refused import Refused

from .models import Case, Event, Kind
from .states import CASE, DECIDED, CaseState
from .subjects import recognised

LONGEST_WORDS = 5000


@dataclass(frozen=True)
class Notice:
    """What a claimant says, understood and checked by a form."""

    matter: str
    work: str
    where: str
    account: str
    name: str
    capacity: str
    organisation: str
    email: str
    statement: str
    signature: str


@transaction.atomic
def file(*, notice: Notice, language: str) -> Case:
    """A new case. The claimant gets a receipt with her link, the staff a message."""
    subject, studio = recognised(notice.where)
    case = Case.objects.create(**vars(notice), language=language, subject=subject, studio=studio)
    _note(case, Kind.FILED, None)
    outbox.post("takedown.receipt", case=str(case.id))
    outbox.post("takedown.tell_staff", case=str(case.id), kind=Kind.FILED)
    return case


@transaction.atomic
def confirm(*, case: Case) -> None:
    """The claimant has our mail in hand, so the address is hers. Twice is as good as once."""
    if Case.objects.filter(pk=case.pk, confirmed_at=None).update(confirmed_at=Now()):
        _note(case, Kind.CONFIRMED, None)


@transaction.atomic
def take_up(*, case: Case, by: User) -> None:
    _require_staff(by)
    _move(case, CaseState.IN_REVIEW, by)


@transaction.atomic
def decide(*, case: Case, by: User, upheld: bool, words: str) -> None:
    """The reason goes to the claimant as it is written, so it must say something."""
    _require_staff(by)
    if not words.strip():
        raise Refused("reason_missing", "A decision needs its reason: the claimant reads it.", status=422)
    _move(case, CaseState.UPHELD if upheld else CaseState.REJECTED, by, words.strip())


@transaction.atomic
def appeal(*, case: Case, words: str) -> None:
    """The claimant asks once for a second look at a decision."""
    if not words.strip():
        raise Refused("reason_missing", "Say why the decision is wrong, so that whoever looks again knows where.", status=422)
    if case.state not in DECIDED:
        raise Refused("not_decided", "There is no decision yet that could be appealed against.")
    if case.events.filter(kind=Kind.APPEALED).exists():
        raise Refused("appealed_already", "This decision was looked at twice already. A court can look at it again.")
    _move(case, CaseState.APPEALED, None, words.strip())
    outbox.post("takedown.tell_staff", case=str(case.id), kind=Kind.APPEALED)


def _require_staff(by: User) -> None:
    if not by.is_staff:
        raise Refused("staff_only", "Only our staff decides about notices.", status=403)


def _move(case: Case, to: CaseState, by: User | None, words: str = "") -> None:
    CASE.move(case, to, since=Now())
    event = _note(case, Kind(to), by, words)
    if by is not None:
        outbox.post("takedown.tell_claimant", event=str(event.id))


def _note(case: Case, kind: Kind, by: User | None, words: str = "") -> Event:
    """The case's own history, and the log, which names the case and no claimant."""
    actor = by.id if by else None
    record(action=f"takedown.{kind}", subject=case.public_id, studio=case.studio_id, actor=actor, about=case.subject)
    return Event.objects.create(case=case, kind=kind, actor=actor, words=words)
