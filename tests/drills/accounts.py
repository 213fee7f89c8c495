"""What must be true when all is over: each training once, each file once and whole, each second counted once.

Reads rows as the platform does: to be imported once Django is set up.
"""

from collections import Counter
from collections.abc import Iterator

from atelier.audit.models import Entry
from atelier.kit import store
from atelier.ledger.models import Kind, Unit
from atelier.ledger.queries import astray, balance, unbalanced
from atelier.library.models import CustomModel
from atelier.licences.models import Licence
from atelier.licences.queries import seconds
from atelier.trainings.models import MAX_ATTEMPTS, Training
from atelier.trainings.states import TRAINING, TrainingState

LEAST_CHECKPOINTS = 3


def problems() -> list[str]:
    """Of every account, licence and training in the database."""
    trainings = Training.objects.select_related("quote").order_by("created_at")
    return [*books(), *(f"{training.public_id} ({training.state}): {problem}" for training in trainings for problem in _of(training))]


def books() -> list[str]:
    """Of the ledger alone, which must be right at every moment."""
    found = [f"account {account.pk} differs from its postings" for account in astray()]
    found += [f"transaction {leg['transaction']} does not sum to zero" for leg in unbalanced()]
    for licence in Licence.objects.all():
        counted, granted = seconds(licence), licence.terms.training_seconds
        if counted.granted != granted:
            found.append(f"{licence.public_id}: {counted} is not the {granted} s that were granted")
    return found


def _of(training: Training) -> Iterator[str]:
    if not TRAINING.final(training.state):
        yield "is not over"
        return
    if held := balance(Kind.HELD, Unit.SECONDS, training.pk):
        yield f"{held} s are still on hold"
    if training.attempts > MAX_ATTEMPTS:
        yield f"{training.attempts} attempts"
    spent = balance(Kind.SPENT, Unit.SECONDS, training.pk)
    models = list(CustomModel.objects.filter(training=training.pk))
    if training.state == TrainingState.DONE:
        yield from _done(training, models, spent)
        return
    if models or spent:
        yield f"has {len(models)} models and spent {spent} s"
    if training.state != TrainingState.FAILED_SYSTEM or training.attempts < MAX_ATTEMPTS:
        yield f"was given up after {training.attempts} attempts: {training.code}"


def _done(training: Training, models: list[CustomModel], spent: int) -> Iterator[str]:
    if len(models) != 1 or spent != training.quote.seconds:
        yield f"{len(models)} models, {spent} of {training.quote.seconds} s spent"
    if (count := training.checkpoints.count()) < LEAST_CHECKPOINTS:
        yield f"{count} checkpoints"
    if (count := Entry.objects.filter(action="training.done", subject=training.public_id).count()) != 1:
        yield f"{count} entries of the log say that it is done"
    for model in models:
        yield from _files(model)


def _files(model: CustomModel) -> Iterator[str]:
    artifacts = list(model.artifacts.all())
    yield from (f"{path} is there {count} times" for path, count in Counter(each.path for each in artifacts).items() if count > 1)
    if not any(artifact.kind == "weights" for artifact in artifacts):
        yield "has no weights"
    for artifact in artifacts:
        if store.digest(store.MODELS, artifact.key) != artifact.sha256:
            yield f"{artifact.path} in the store is not what its row says"
