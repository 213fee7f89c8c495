"""The life of a training. The diagram and the table in docs/ are printed from EDGES, and the machine moves by it.

What comes before has rows of its own: a Draft becomes a Quote (signed, an hour long); starting it puts its seconds on hold and the
training into the queue, in one transaction.
"""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices

from atelier.kit.states import Machine


class TrainingState(TextChoices):
    QUEUED = "queued", "waiting for a worker"
    PREFLIGHT = "preflight", "a worker prepares material and base"
    RUNNING = "running"
    PAUSED = "paused", "set aside at a checkpoint by its owner; no worker is bound"
    FINISHING = "finishing", "files are stored and checked"
    DONE = "done"
    CANCELLED = "cancelled", "stopped by its owner; its checkpoints are kept"
    REJECTED = "rejected", "the rights it stands on were taken back"
    WITHDRAWN = "withdrawn", "its material was taken down"
    FAILED_USER = "failed_user", "the material or the settings cannot be trained"
    FAILED_SYSTEM = "failed_system", "our failure; nothing is charged"


class By(StrEnum):
    """Whose deed a move is."""

    OWNER = "owner"
    WORKER = "worker"
    RULES = "rules"  # the heartbeat, or the sweep, asked and was told no
    SWEEP = "sweep"


class Money(StrEnum):
    """What a move does to the training seconds."""

    NOTHING = "nothing moves"
    HELD = "what is captured stays, the rest stays on hold"
    SETTLED = "the rest of what was reached is captured, what is left goes back"
    RELEASED = "what is captured stays, what is on hold goes back"
    REVERSED = "what is on hold and what was captured go back"


@dataclass(frozen=True)
class Edge:
    """A move, who makes it, the codes that say why, and what it does to the money. Its audit entry is `training.<to>`."""

    source: TrainingState
    to: TrainingState
    by: By
    codes: tuple[str, ...]
    money: Money

    @property
    def audit(self) -> str:
        return f"training.{self.to}"


S = TrainingState
ACTIVE = (S.PREFLIGHT, S.RUNNING, S.FINISHING)
OPEN = (S.QUEUED, *ACTIVE, S.PAUSED)

EDGES: tuple[Edge, ...] = (
    Edge(S.QUEUED, S.PREFLIGHT, By.WORKER, ("claimed",), Money.NOTHING),
    *(Edge(source, S.PREFLIGHT, By.WORKER, ("lease_lost",), Money.NOTHING) for source in ACTIVE),
    Edge(S.PREFLIGHT, S.RUNNING, By.WORKER, ("first_step",), Money.NOTHING),
    Edge(S.RUNNING, S.FINISHING, By.WORKER, ("trained",), Money.HELD),
    Edge(S.FINISHING, S.DONE, By.WORKER, ("trained", "finished_early"), Money.SETTLED),
    *(Edge(source, S.QUEUED, By.WORKER, ("drained", "engine_died", "store_unavailable", "…", "resumed"), Money.HELD) for source in ACTIVE),
    *(Edge(source, S.PAUSED, By.OWNER, ("paused",), Money.HELD) for source in (S.QUEUED, *ACTIVE)),
    Edge(S.PAUSED, S.QUEUED, By.OWNER, ("resumed", "finish"), Money.HELD),
    Edge(S.CANCELLED, S.QUEUED, By.OWNER, ("finish",), Money.NOTHING),
    *(Edge(source, S.CANCELLED, By.OWNER, ("cancelled",), Money.RELEASED) for source in (S.QUEUED, *ACTIVE)),
    Edge(S.PAUSED, S.CANCELLED, By.OWNER, ("cancelled", "pause_expired"), Money.RELEASED),
    *(Edge(source, S.REJECTED, By.RULES, ("REVOKED", "SUSPENDED", "EXPIRED", "…"), Money.RELEASED) for source in ACTIVE),
    *(Edge(source, S.REJECTED, By.RULES, ("REVOKED",), Money.RELEASED) for source in (S.QUEUED, S.PAUSED)),
    *(
        Edge(source, S.WITHDRAWN, By.RULES, ("LINEAGE_WITHDRAWN", "CONSENT_WITHDRAWN", "material_withdrawn"), Money.RELEASED)
        for source in OPEN
    ),
    *(Edge(source, S.FAILED_USER, By.WORKER, ("bad_job", "bad_data"), Money.REVERSED) for source in ACTIVE),
    *(Edge(source, S.FAILED_SYSTEM, By.SWEEP, ("workers_failed", "engine_died", "…"), Money.REVERSED) for source in (S.QUEUED, *ACTIVE)),
)


def _moves() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for edge in EDGES:
        found[edge.source].add(edge.to)
    return found


TRAINING = Machine.of(TrainingState, _moves())


def edge(source: str, to: str) -> Edge:
    return next(edge for edge in EDGES if (edge.source, edge.to) == (source, to))
