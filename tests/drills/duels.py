"""What two people, or a person and a worker, race for: each function lays the ground for one race and gives the deeds of both sides.

People go through the API, each side in a session of her own; the worker is this process, with a claim of its own. Every deed is one
transaction, so whatever comes of two at once must be what comes of one after the other. To be imported once Django is set up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

import atelier.celery  # noqa: F401  # hints go to the ground's broker
from atelier.accounts.models import User
from atelier.audit.models import Entry
from atelier.checkout.models import Order
from atelier.checkout.states import OrderState
from atelier.demo import creator
from atelier.demo.journey import SCOPES, cast
from atelier.demo.people import Person
from atelier.demo.surroundings import Surroundings
from atelier.demo.trouble import Trouble
from atelier.ledger.models import Account, Kind, Unit
from atelier.ledger.queries import balance
from atelier.library.models import CustomModel
from atelier.trainings import queue, running
from atelier.trainings.models import Training
from atelier.trainings.states import ACTIVE, OPEN, TrainingState

from .accounts import books
from .ground import TIER, Ground

STEPS = 6
STORED = (2, 4)
# Nobody waits for this worker's lease to run out.
LEASE_SECONDS = 120.0
# Which of the two it says depends on how far the refund has come.
TAKEN_BACK = ("SUSPENDED", "REVOKED")
Deed = Callable[[], Any]


@dataclass(frozen=True)
class Duel:
    """Two deeds for the same quote. `settle` brings what came of them to rest."""

    quote: str
    first: Deed
    second: Deed
    settle: Deed


@dataclass(frozen=True)
class Work:
    """A training that this process has as its worker."""

    training: UUID
    fence: int
    quote: str

    def publish(self, steps: int = STEPS) -> CustomModel | None:
        return running.finish(self.training, self.fence, manifest={"steps": steps}, files=[])

    def store(self, step: int) -> int:
        return running.checkpoint(self.training, self.fence, step, 0.5, [])

    def finishing(self) -> "Work":
        running.enter(self.training, self.fence, TrainingState.FINISHING)
        return self


class Field:
    """Two tabs of bob's, somebody of the staff, and orders of bob's that can be given back."""

    def __init__(self, ground: Ground) -> None:
        settings.TRAINING_LEASE_SECONDS = LEASE_SECONDS
        self.ground, self.left = ground, ground.bob
        people = cast(Surroundings.from_environment(ground.stack.env))
        self.right, self.staff = people["bob"], people["carol"]
        self.right.sign_in(SCOPES["bob"])
        self.staff.sign_up(SCOPES["carol"])
        self.staff.two_step()
        User.objects.filter(email=self.staff.email).update(is_staff=True)
        self.tier = creator.choose(self.left, TIER)
        self._unused: tuple[str, str] | None = None

    # ---- what is raced for

    def quote(self, licence: str = "") -> str:
        return self.ground.quote(STEPS, licence)

    def start(self, quote: str) -> UUID:
        return _pk(self.left.post("/trainings", {"quote": quote})["id"])

    def work(self, licence: str = "") -> Work:
        """Under way, with two of its steps stored."""
        quote = self.quote(licence)
        training = self.start(quote)
        claim = queue.claim(training, "drill")
        assert claim
        running.enter(training, claim.fence, TrainingState.RUNNING)
        found = Work(training, claim.fence, quote)
        for step in STORED:
            found.store(step)
        return found

    def bought(self) -> tuple[str, str]:
        """An order of which nothing was used, and its licence."""
        found, self._unused = self._unused, None
        return found or self._buy()

    def _buy(self) -> tuple[str, str]:
        ordered = creator.order(self.left, self.tier)
        creator.pay(ordered["checkout_url"])
        return str(ordered["id"]), creator.licence(self.left, ordered["id"])

    # ---- what came of it

    def seen(self, duel: Duel, answers: tuple[Any, Any]) -> tuple[Any, ...]:
        """All that tells one order of the two deeds from the other."""
        ids = {answer["id"] for answer in answers if isinstance(answer, dict)}
        row = Training.objects.filter(quote=_quote(duel)).first()
        return (*map(said, answers), len(ids), *(_facts(row) if row else ()))

    def rest(self, duel: Duel) -> None:
        """Nobody is at work on it any more, and it is over."""
        row = Training.objects.filter(quote=_quote(duel)).first()
        if row and row.state in ACTIVE:
            running.obey(row.pk, row.fence)
            row.refresh_from_db()
        if row and row.state in OPEN:
            self.left.post(f"/trainings/{row.public_id}/cancel")

    def crooked(self, duel: Duel) -> Iterator[str]:
        """What must not be, of a training that is over."""
        row = Training.objects.select_related("quote").filter(quote=_quote(duel)).first()
        if row is None:
            return
        spent, models = balance(Kind.SPENT, Unit.SECONDS, row.pk), CustomModel.objects.filter(training=row.pk).count()
        if row.state in OPEN or balance(Kind.HELD, Unit.SECONDS, row.pk):
            yield f"is {row.state} and has seconds on hold"
        if not spent == row.captured <= row.quote.seconds:
            yield f"{spent} s spent, {row.captured} s captured, {row.quote.seconds} s quoted"
        if models != (row.state == TrainingState.DONE):
            yield f"is {row.state} with {models} models"
        if (ends := Entry.objects.filter(subject=row.public_id, action=f"training.{row.state}").count()) != 1:
            yield f"{ends} entries of the log say that it is {row.state}"

    def owed(self) -> int:
        """Refunds that were accepted and are not through yet."""
        return Order.objects.filter(refunds__isnull=False).exclude(state=OrderState.REFUNDED).count()

    def wrong(self) -> list[str]:
        """When all is over."""
        found = books()
        if held := Account.objects.filter(kind=Kind.HELD).exclude(balance=0).count():
            found.append(f"{held} trainings have seconds on hold")
        if at_large := Training.objects.filter(state__in=OPEN).count():
            found.append(f"{at_large} trainings are not over")
        return found

    # ---- words of people

    def steer(self, person: Person, training: UUID, word: str, **body: int) -> Deed:
        return lambda: person.post(f"/trainings/trn_{training.hex}/{word}", body)

    def refund(self, person: Person, order: str) -> Deed:
        return lambda: person.post(f"/orders/{order}/refund")

    def keep(self, order: str, licence: str) -> None:
        """For the next race, if it was not given back."""
        if not Order.objects.get(pk=Order.parse_id(order)).refunds.exists():
            self._unused = (order, licence)


def said(answer: Any) -> str:
    if isinstance(answer, Trouble):
        return "taken back" if answer.code in TAKEN_BACK else answer.code
    if isinstance(answer, Exception):
        return f"{type(answer).__name__}: {answer}"
    if isinstance(answer, running.Orders):
        return "taken back" if answer.stop in TAKEN_BACK else answer.stop or "go on"
    return "nothing" if answer is None else "yes"


def _facts(row: Training) -> tuple[Any, ...]:
    deeds = Entry.objects.filter(subject=row.public_id).order_by("id").values_list("action", flat=True)
    code = "taken back" if row.code in TAKEN_BACK else row.code
    held, models = balance(Kind.HELD, Unit.SECONDS, row.pk), CustomModel.objects.filter(training=row.pk).count()
    return (row.state, code, row.wish, row.finish_at, row.captured, held, models, *deeds)


def _pk(public_id: str) -> UUID:
    return UUID(public_id.partition("_")[2])


def _quote(duel: Duel) -> UUID:
    return _pk(duel.quote)


# ---- one quote started twice


def double_click(field: Field) -> Duel:
    quote = field.quote()
    clicks = [lambda person=person: person.post("/trainings", {"quote": quote}) for person in (field.left, field.right)]
    return _duel(field, quote, *clicks)


# ---- two tabs


def pause_or_cancel(field: Field) -> Duel:
    return _tabs(field, "pause", "cancel")


def pause_or_resume(field: Field) -> Duel:
    return _tabs(field, "pause", "resume")


def resume_or_cancel(field: Field) -> Duel:
    return _tabs(field, "resume", "cancel", paused=True)


def content_or_cancel(field: Field) -> Duel:
    return _tabs_at_work(field, "finish", "cancel")


def content_or_pause(field: Field) -> Duel:
    return _tabs_at_work(field, "finish", "pause")


def _tabs(field: Field, one: str, other: str, *, paused: bool = False) -> Duel:
    quote = field.quote()
    training = field.start(quote)
    if paused:
        field.steer(field.left, training, "pause")()
    return _duel(field, quote, field.steer(field.left, training, one), field.steer(field.right, training, other))


def _tabs_at_work(field: Field, one: str, other: str) -> Duel:
    work = field.work()
    return _duel(field, work.quote, field.steer(field.left, work.training, one), field.steer(field.right, work.training, other))


# ---- a word of its owner against what its worker writes


def cancel_or_published(field: Field) -> Duel:
    work = field.work().finishing()
    return _duel(field, work.quote, field.steer(field.left, work.training, "cancel"), work.publish)


def content_or_published(field: Field) -> Duel:
    work = field.work().finishing()
    return _duel(field, work.quote, field.steer(field.left, work.training, "finish"), work.publish)


def content_or_stored(field: Field) -> Duel:
    """She takes an earlier step while the last one is being stored; the model is made from hers."""
    work = field.work()
    chosen = field.steer(field.left, work.training, "finish", step=STORED[0])
    return _duel(field, work.quote, chosen, lambda: work.store(STEPS), settle=lambda: work.finishing().publish(STORED[0]))


# ---- the money back against a training


def given_back_or_started(field: Field) -> Duel:
    """By its buyer: while seconds are on hold, a licence is in use and stays hers."""
    order, licence = field.bought()
    quote = field.quote(licence)
    duel = _duel(field, quote, field.refund(field.left, order), lambda: field.right.post("/trainings", {"quote": quote}))

    def settle() -> None:
        field.rest(duel)
        field.keep(order, licence)

    return Duel(quote, duel.first, duel.second, settle)


def taken_back_or_started(field: Field) -> Duel:
    """By staff, at any time: what was started a moment before ends with the first heartbeat of whoever takes it."""
    order, licence = field.bought()
    quote = field.quote(licence)
    refund = field.refund(field.staff, order)
    return _duel(field, quote, refund, lambda: field.right.post("/trainings", {"quote": quote}), settle=lambda: _taken_up(quote))


def taken_back_or_heartbeat(field: Field) -> Duel:
    order, licence = field.bought()
    work = field.work(licence)
    refund, beat = field.refund(field.staff, order), lambda: running.beat(work.training, work.fence)
    return _duel(field, work.quote, refund, beat, settle=lambda: _heeded(work.training, work.fence))


def taken_back_or_published(field: Field) -> Duel:
    order, licence = field.bought()
    work = field.work(licence).finishing()
    return _duel(field, work.quote, field.refund(field.staff, order), work.publish)


def _taken_up(quote: str) -> None:
    row = Training.objects.filter(quote=_pk(quote)).first()
    if row is not None:
        claim = queue.claim(row.pk, "drill")
        assert claim
        _heeded(row.pk, claim.fence)


def _heeded(training: UUID, fence: int) -> None:
    """One more heartbeat, and what a worker does when it says stop. One that says go on leaves the training at large."""
    if running.beat(training, fence).stop:
        running.obey(training, fence)


def _duel(field: Field, quote: str, first: Deed, second: Deed, settle: Deed | None = None) -> Duel:
    duel = Duel(quote, first, second, settle or (lambda: field.rest(duel)))
    return duel
