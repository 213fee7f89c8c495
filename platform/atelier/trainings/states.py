"""The life of a training. The diagram in docs/ is printed from this table."""

from django.db.models import TextChoices

from atelier.kit.states import Machine


class TrainingState(TextChoices):
    QUEUED = "queued", "waiting for a worker"
    PREFLIGHT = "preflight", "a worker prepares material and base"
    RUNNING = "running"
    FINISHING = "finishing", "files are stored and checked"
    DONE = "done"
    CANCELLED = "cancelled", "stopped by its owner"
    REJECTED = "rejected", "the rights it stands on were taken back"
    FAILED_USER = "failed_user", "the material or the settings cannot be trained"
    FAILED_SYSTEM = "failed_system", "our failure; nothing is charged"


S = TrainingState
ACTIVE = (S.PREFLIGHT, S.RUNNING, S.FINISHING)
OPEN = (S.QUEUED, *ACTIVE)
ENDS = {S.CANCELLED, S.REJECTED, S.FAILED_USER, S.FAILED_SYSTEM}

TRAINING = Machine.of(
    TrainingState,
    {
        S.QUEUED: {S.PREFLIGHT, *ENDS},
        # A lost lease is taken over by another worker, which starts at preflight again.
        S.PREFLIGHT: {S.RUNNING, S.QUEUED, S.PREFLIGHT, *ENDS},
        S.RUNNING: {S.FINISHING, S.QUEUED, S.PREFLIGHT, *ENDS},
        S.FINISHING: {S.DONE, S.QUEUED, S.PREFLIGHT, *ENDS},
    },
)
