"""Where a custom model stands."""

from django.db.models import TextChoices

from atelier.kit.states import Machine


class ModelState(TextChoices):
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn", "taken back; its row stays as a tombstone"


MODEL = Machine.of(ModelState, {ModelState.PUBLISHED: {ModelState.WITHDRAWN}})
