"""What happened to a training, in words, newest first: from its rows and from the audit log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from atelier.audit.models import Entry
from atelier.library.models import Preview

from .models import Attempt, Checkpoint, Training
from .pricing import share
from .states import OPEN, TrainingState
from .words import ELSEWHERE, TITLES, TURNS, ending, span


@dataclass(frozen=True)
class Line:
    at: datetime
    text: str
    kind: str = ""  # good, bad or nothing


def diary(row: Training, checkpoints: list[Checkpoint], samples: list[Preview]) -> list[Line]:
    lines = [
        Line(row.created_at, gettext("You started it. %(span)s of training time were put on hold.") % {"span": span(row.quote.seconds)}),
        *_turns(row, checkpoints),
        *_stored(row, checkpoints),
        *_previews(samples),
        *_wishes(row),
        *_end(row),
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _turns(row: Training, checkpoints: list[Checkpoint]) -> Iterator[Line]:
    claims: Iterable[Attempt] = row.claims.all()
    for number, claim in enumerate(claims):
        reached = max((kept.step for kept in checkpoints if kept.fence < claim.fence), default=0)
        if not number:
            yield Line(claim.created_at, gettext("A worker took it."))
        elif reached:
            yield Line(
                claim.created_at, gettext("Another worker took it and goes on from step %(step)s.") % {"step": number_format(reached)}
            )
        else:
            yield Line(claim.created_at, gettext("Another worker took it, from the beginning."))
        if claim.ended_at and claim.outcome not in TrainingState.values:
            why = TURNS.get(claim.outcome, ELSEWHERE)
            yield Line(claim.ended_at, gettext("%(why)s Nothing is lost; it went back into the queue.") % {"why": why}, "bad")


def _stored(row: Training, checkpoints: list[Checkpoint]) -> Iterator[Line]:
    """One line for what each worker stored, however many checkpoints that were."""
    before = 0
    for _fence, group in groupby(checkpoints, key=lambda kept: kept.fence):
        kept = list(group)
        last = kept[-1]
        due = share(row.quote.seconds, last.step, row.steps)
        text = ngettext(
            "Step %(step)s is stored, and %(span)s were charged.",
            "%(count)s points to go on from were stored, the last at step %(step)s, and %(span)s were charged.",
            len(kept),
        )
        yield Line(last.created_at, text % {"count": len(kept), "step": number_format(last.step), "span": span(due - before)})
        before = due


def _previews(samples: list[Preview]) -> Iterator[Line]:
    bare = [sample for sample in samples if not sample.step]
    mine = [sample for sample in samples if sample.step]
    if bare:
        yield Line(max(sample.created_at for sample in bare), gettext("Previews of the base model, to compare with."))
    if mine:
        steps = len({sample.step for sample in mine})
        text = ngettext("Previews of step %(step)s.", "Previews at %(count)s steps, the last at step %(step)s.", steps)
        last = max(mine, key=lambda sample: sample.step)
        yield Line(last.created_at, text % {"count": steps, "step": number_format(last.step)})


# What its owner did, and what is said when it was somebody else.
WISHES: dict[str, tuple[Promise, Promise]] = {
    "training.cancel": (_("You asked to stop it."), _("It was asked to stop.")),
    "training.pause": (_("You asked to pause it."), _("It was asked to pause.")),
    "training.resume": (_("You resumed it."), _("It was resumed.")),
    "training.finish": (_("You took step %(step)s as the result."), _("Step %(step)s was taken as the result.")),
}


def _wishes(row: Training) -> Iterator[Line]:
    asked: QuerySet[Entry] = Entry.objects.filter(licence=row.licence.public_id, subject=row.public_id, action__in=WISHES)
    for entry in asked:
        mine, other = WISHES[entry.action]
        step = number_format(entry.detail.get("at", 0))
        yield Line(entry.at, str(mine if entry.actor == row.owner_id else other) % {"step": step})


def _end(row: Training) -> Iterator[Line]:
    if row.state in OPEN:
        return
    if row.state == TrainingState.DONE:
        yield Line(row.since, gettext("It is done. %(span)s were charged in all.") % {"span": span(row.captured)}, "good")
    else:
        yield Line(row.since, f"{TITLES[row.state]}. {ending(row).why}", "bad")
