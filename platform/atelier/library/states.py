"""Where a custom model, a handover and a question to the leak desk stand."""

from django.db.models import TextChoices

from atelier.kit.states import Machine


class ModelState(TextChoices):
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn", "taken back; its row stays as a tombstone"


MODEL = Machine.of(ModelState, {ModelState.PUBLISHED: {ModelState.WITHDRAWN}})


class HandoverState(TextChoices):
    """Not a column: a handover is prepared until there is an outcome, and neither row is ever changed."""

    PREPARING = "preparing", "the certificate is being written into the file"
    READY = "ready"
    FAILED = "failed"


class LeakState(TextChoices):
    WORKING = "working", "it is held against the copies"
    DONE = "done"
    FAILED = "failed", "the file is no adapter"


LEAK = Machine.of(LeakState, {LeakState.WORKING: {LeakState.DONE, LeakState.FAILED}})
