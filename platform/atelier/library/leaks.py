"""Which handed-over copy a file of unknown origin came from: every copy that was ever marked is held against it."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet

from atelier.accounts.models import User
from atelier.audit.actions import record
from atelier.catalog.models import HouseAdapter
from atelier.kit import outbox, store
from atelier.kit.refused import Refused
from finetune import fingerprint
from finetune.exits import BadData
from finetune.fingerprint import Host, Layers

from . import marks
from .models import Artifact, Fingerprint, Handover, Leak, Source
from .states import LEAK, LeakState

LARGEST = 1 << 30
# Scores below this are shown, and said to prove nothing: at ten thousand copies the best of the innocent reaches about 4.
SURE = 7.0
# Files of models that are held against the suspect in one message, and how many copies of the ranking are kept.
AT_ONCE, RANKED = 20, 50
WHOLE = "model__licence__revision__tier__offering__version"


@dataclass(frozen=True)
class Score:
    """One copy. `layers` of `known` were found in the file."""

    handover: str
    score: float
    layers: int
    known: int


def _copied() -> tuple[QuerySet[Artifact], QuerySet[HouseAdapter]]:
    """The files that marked copies were made of, each once: models' and house adapters."""
    wanted = {"handovers__fingerprint__isnull": False}
    return Artifact.objects.filter(**wanted).distinct(), HouseAdapter.objects.filter(**wanted).distinct()


def marked(after: UUID | None = None, most: int | None = None) -> list[Source]:
    """The files that marked copies were made of, in the order of their ids."""
    artifacts, adapters = _copied()
    files = artifacts.select_related(WHOLE), adapters.select_related("version__base")
    found: list[Source] = [row for rows in files for row in rows.filter(pk__gt=after or UUID(int=0)).order_by("pk")[:most]]
    return sorted(found, key=lambda row: row.pk)[:most]


def compare(file: Path, source: Source) -> list[Score]:
    """Every marked copy of this file. Raises BadData for what is no adapter file at all."""
    layers, kept = marks.read_layers(file, marks.version_of(source)), marks.host(source)
    fitting = _fitting(layers, kept)
    if not fitting:
        return []
    copies = Fingerprint.objects.filter(handover__in=source.handovers.all(), key_id=marks.key_id()).select_related("handover")
    found = fingerprint.trace(kept, marks.secret(source), fitting, [each.handover.public_id for each in copies])
    return [Score(copy, score, found.layers, found.known) for copy, score in found.scores]


def _fitting(layers: Layers, kept: Host) -> Layers:
    """Those that have the shape of the model's own; anything else cannot come from it."""
    shapes = {name: (len(u), v.shape[1]) for name, (u, _, v) in kept.layers.items()}
    return {name: (b, a) for name, (b, a) in layers.items() if shapes.get(name) == (len(b), a.shape[1])}


def trace(file: Path) -> list[Score]:
    """All copies there are, the likeliest first."""
    return ranked([score for source in marked() for score in compare(file, source)])


def ranked(scores: list[Score]) -> list[Score]:
    return sorted(scores, key=lambda each: -each.score)


def chance(score: float, asked: int) -> float:
    """At most how likely the best of so many copies reaches this score when none of them has to do with the file."""
    return min(1.0, asked * math.exp(-score * score / 2)) if score > 0 else 1.0


@transaction.atomic
def ask(*, by: User, name: str, file: UploadedFile | None = None, key: str = "") -> Leak:
    """A question to the leak desk, about a file that is sent along or one that lies in the bucket `quarantine`."""
    row = Leak(by=by, name=name[:200])
    if file is not None:
        row.key = f"leaks/{row.pk}"
        _keep(row.key, file)
    else:
        store.require(store.QUARANTINE, key)
        row.key = key
    row.total = sum(rows.count() for rows in _copied())
    row.save(force_insert=True)
    record(action="leak.ask", subject=row.public_id, studio=None, actor=by.id, models=row.total)
    outbox.post("library.trace", leak=str(row.pk))
    return row


def _keep(key: str, file: UploadedFile) -> None:
    if file.size is None or file.size > LARGEST:
        raise Refused("file_too_large", "At most %(most)s MiB are read.", status=422, most=LARGEST >> 20)
    with TemporaryDirectory(prefix="leak-") as folder:
        path = Path(folder, "suspect")
        with path.open("wb") as whole:
            for chunk in file.chunks():
                whole.write(chunk)
        store.put_file(store.QUARANTINE, key, path)


@outbox.handles("library.trace")
def work(leak: str) -> None:
    """Some models' files, and a message for the next. Safe to repeat: what was compared is counted with its scores."""
    row = Leak.objects.select_for_update().get(pk=leak)
    if row.state != LeakState.WORKING:
        return
    rest = marked(row.last, AT_ONCE)
    with TemporaryDirectory(prefix="leak-") as folder:
        path = Path(folder, "suspect")
        store.get_file(store.QUARANTINE, row.key, path)
        try:
            scores = [score for source in rest for score in compare(path, source)]
        except BadData as error:
            LEAK.move(row, LeakState.FAILED, problem=str(error)[:500])
            return
    row.asked += len(scores)
    row.found = [asdict(score) for score in ranked([*(Score(**each) for each in row.found), *scores])[:RANKED]]
    row.done, row.last = row.done + len(rest), rest[-1].pk if rest else row.last
    row.save(update_fields=["asked", "found", "done", "last"])
    if len(rest) < AT_ONCE:
        LEAK.move(row, LeakState.DONE)
    else:
        outbox.post("library.trace", leak=leak)


def shown(row: Leak) -> list[dict[str, Any]]:
    """The ranking with what each copy is, for the desk."""
    wanted = [Handover.parse_id(each["handover"]) for each in row.found]
    handovers = Handover.objects.select_related("person", "licence", "artifact__model", "adapter").in_bulk(wanted)
    lines = []
    for each in row.found:
        handover = handovers[Handover.parse_id(each["handover"])]
        bound = chance(each["score"], row.asked)
        of = handover.artifact.model if handover.artifact else handover.adapter
        lines.append({**each, "row": handover, "of": of, "chance": bound, "sure": each["score"] >= SURE})
    return lines


def counted() -> dict[str, int]:
    """What a file can be held against."""
    artifacts, adapters = _copied()
    return {"copies": Fingerprint.objects.count(), "models": artifacts.values("model").count() + adapters.count()}
