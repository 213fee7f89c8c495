"""What claimants and staff do with a notice. Upholding it leads to a takedown, which staff begin with its reach before them (takedowns);
a decision the other way on appeal lifts what the notice had taken down."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from atelier.accounts.models import User
from atelier.audit.actions import record
from atelier.kit import outbox
from atelier.kit.refused import Refused

from . import takedowns
from .models import Case, Event, Kind, Takedown
from .states import CASE, DECIDED, CaseState, TakedownState
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
def take_up(*, case: Case, by: User, seen: datetime | None = None) -> None:
    """`seen` is the case's `since` as the staff's page showed it, here and below: who acts on what is no longer so is refused."""
    _require_judge(case, by, seen)
    if case.state == CaseState.ASKED:
        raise Refused("question_open", "A question is out to the claimant. Her answer brings the notice back, or a decision ends it.")
    _move(case, CaseState.IN_REVIEW, by)


@transaction.atomic
def ask(*, case: Case, by: User, words: str, seen: datetime | None = None) -> None:
    """The claimant gets the question by mail and answers on her page."""
    _require_judge(case, by, seen)
    if not words.strip():
        raise Refused("question_missing", "Write the question: the claimant gets it by mail.", status=422)
    _move(case, CaseState.ASKED, by, words.strip())


@transaction.atomic
def answer(*, case: Case, words: str) -> None:
    """The claimant's, to an open question. The notice is in review again."""
    if not words.strip():
        raise Refused("answer_missing", "Write your answer first.", status=422)
    if case.state != CaseState.ASKED:
        raise Refused("no_question", "There is no open question about this notice.")
    _move(case, CaseState.IN_REVIEW, None, words.strip(), kind=Kind.ANSWERED)
    outbox.post("takedown.tell_staff", case=str(case.id), kind=Kind.ANSWERED)


@transaction.atomic
def decide(*, case: Case, by: User, upheld: bool, words: str, seen: datetime | None = None) -> None:
    """The reason goes to the claimant as it is written, so it must say something. An appeal is another person's to decide."""
    _require_judge(case, by, seen)
    if not words.strip():
        raise Refused("reason_missing", "A decision needs its reason: the claimant reads it.", status=422)
    _move(case, CaseState.UPHELD if upheld else CaseState.REJECTED, by, words.strip())
    if not upheld:
        for row in Takedown.objects.filter(case=case).exclude(state=TakedownState.LIFTED):
            takedowns.lift(takedown=row, by=by, reason=words)


@transaction.atomic
def appeal(*, case: Case, words: str, by: User | None = None) -> None:
    """A second look at a decision, once: the claimant asks for it, or (`by`) somebody of the studio whose item was taken down."""
    if not words.strip():
        raise Refused("reason_missing", "Say why the decision is wrong, so that whoever looks again knows where.", status=422)
    if case.state not in DECIDED:
        raise Refused("not_decided", "There is no decision yet that could be appealed against.")
    if case.events.filter(kind=Kind.APPEALED).exists():
        raise Refused("appealed_already", "This decision was looked at twice already. A court can look at it again.")
    _move(case, CaseState.APPEALED, by, words.strip())
    outbox.post("takedown.tell_staff", case=str(case.id), kind=Kind.APPEALED)


def may_appeal(case: Case) -> bool:
    return case.state in DECIDED and not case.events.filter(kind=Kind.APPEALED).exists()


def decided_first(case: Case) -> Event | None:
    """The decision that was appealed against; none before an appeal."""
    if not case.events.filter(kind=Kind.APPEALED).exists():
        return None
    return case.events.filter(kind__in=DECIDED).first()


def _require_judge(case: Case, by: User, seen: datetime | None) -> None:
    if not by.is_staff:
        raise Refused("staff_only", "Only our staff decides about notices.", status=403)
    if seen is not None and Case.objects.select_for_update().filter(pk=case.pk, since=seen).first() is None:
        raise Refused("moved_meanwhile", "Somebody was quicker. This notice has moved on since you opened it; here is where it stands now.")
    first = decided_first(case)
    if first and first.actor == by.id:
        raise Refused("decided_by_you", "You decided the first time. An appeal is decided by a colleague.", status=403)


def _move(case: Case, to: CaseState, by: User | None, words: str = "", *, kind: Kind | None = None) -> None:
    CASE.move(case, to, since=Now())
    event = _note(case, kind or Kind(to), by, words)
    if by is not None:
        outbox.post("takedown.tell_claimant", event=str(event.id))


def _note(case: Case, kind: Kind, by: User | None, words: str = "") -> Event:
    """The case's own history, and the log, which names the case and no claimant."""
    actor = by.id if by else None
    record(action=f"takedown.{kind}", subject=case.public_id, studio=case.studio_id, actor=actor, about=case.subject)
    return Event.objects.create(case=case, kind=kind, actor=actor, words=words)
