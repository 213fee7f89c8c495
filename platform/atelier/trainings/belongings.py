"""A person's projects, quotes and trainings. An account stays while one of them runs; their files go with it."""

from collections.abc import Iterator
from typing import Any

from atelier.accounts.belongings import erases, exports, facts, keeps_open
from atelier.accounts.models import User
from atelier.kit import outbox, store
from atelier.kit.refused import Refused
from atelier.ledger.models import Posting, Unit

from .models import Draft, Project, Quote, Sweep, Training
from .states import OPEN


@exports("projects")
def projects(person: User) -> Iterator[dict[str, Any]]:
    for row in Project.objects.filter(owner=person).order_by("pk"):
        yield facts(row, "name", "stage", "media", "territories", "commercial")


@exports("drafts")
def drafts(person: User) -> Iterator[dict[str, Any]]:
    """Trainings in preparation."""
    for row in Draft.objects.filter(owner=person).select_related("licence", "dataset", "quote", "origin").order_by("pk"):
        yield facts(row, "licence", "dataset", "quote", "origin", "name", "use", "knobs", "previews", "seed", "changed_at")


@exports("quotes")
def quotes(person: User) -> Iterator[dict[str, Any]]:
    wished = ("name", "knobs", "previews", "seed", "seconds", "lines", "estimate", "expires_at")
    for row in Quote.objects.filter(owner=person).select_related("licence", "dataset", "project", "origin").order_by("pk"):
        yield facts(row, "licence", "dataset", "project", "origin", *wished)


@exports("sweeps")
def sweeps(person: User) -> Iterator[dict[str, Any]]:
    """Runs that she started together, to compare them."""
    for row in Sweep.objects.filter(owner=person).order_by("pk"):
        yield {**facts(row, "name"), "quotes": [quote.public_id for quote in row.quotes.order_by("pk")]}


@exports("trainings")
def trainings(person: User) -> Iterator[dict[str, Any]]:
    stands = ("state", "since", "step", "steps", "loss", "captured", "code", "sentence")
    for row in Training.objects.filter(owner=person).select_related("quote", "licence").order_by("pk"):
        yield {**facts(row, "licence", "quote", *stands), "name": row.quote.name}


@exports("training_seconds")
def seconds(person: User) -> Iterator[dict[str, Any]]:
    """What the ledger has under her licences and trainings."""
    subjects = [row.public_id for rows in (person.licences.all(), person.trainings.all()) for row in rows]
    rows = Posting.objects.filter(transaction__subject__in=subjects, account__unit=Unit.SECONDS)
    for row in rows.select_related("account", "transaction").order_by("pk"):
        what = {"at": row.transaction.created_at, "what": row.transaction.kind, "subject": row.transaction.subject}
        yield {**what, "account": row.account.kind, "side": row.side, "seconds": row.amount}


@keeps_open
def running(person: User) -> Iterator[Refused]:
    for row in Training.objects.filter(owner=person, state__in=OPEN).select_related("quote"):
        yield Refused("training_runs", "Your training “%(name)s” is not over. Wait until it ends, or cancel it.", name=row.quote.name)


@erases
def files(person: User) -> None:
    """Drafts; and checkpoints and previews, whoever of the workers wrote them."""
    Draft.objects.filter(owner=person).delete()
    for row in Training.objects.filter(owner=person):
        outbox.post("trainings.discard", training=str(row.pk))


@outbox.handles("trainings.discard")
def discard(training: str) -> None:
    store.delete_prefix(store.MODELS, f"trainings/{training}/")
