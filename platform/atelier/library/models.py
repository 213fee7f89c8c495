"""Finished custom models, their files, and every download."""

from django.db import models
from django.db.models import Q

from atelier.accounts.models import User
from atelier.kit.models import Row
from atelier.licences.models import Licence

from .states import MODEL, ModelState


class CustomModel(Row):
    """What a training made. `use` is the project's declaration at publication: a download is judged by it."""

    prefix = "mdl"
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="custom_models")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="custom_models")
    training = models.UUIDField(unique=True, help_text="One training makes at most one model.")
    dataset_root = models.CharField(max_length=71)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ModelState.choices, default=ModelState.PUBLISHED)
    use = models.JSONField()
    manifest = models.JSONField(help_text="The engine's own account of the run.")

    class Meta:
        constraints = [MODEL.constraint("custom_model_state_known")]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(owner=person)


class ArtifactKind(models.TextChoices):
    WEIGHTS = "weights"
    PREVIEW = "preview"
    SHEET = "sheet"
    MANIFEST = "manifest"


class Artifact(Row):
    """A file of a custom model, in the bucket `models`, under its training's winning fence."""

    prefix = "art"
    model = models.ForeignKey(CustomModel, on_delete=models.PROTECT, related_name="artifacts")
    kind = models.CharField(max_length=10, choices=ArtifactKind.choices)
    layout = models.CharField(max_length=12, blank=True, help_text="For weights: diffusers, comfyui, kohya, peft.")
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=300, unique=True)
    sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "path"], name="artifact_path_once")]
        ordering = ["path"]


class Handover(Row):
    """One download link given to one person. Rows are only added."""

    prefix = "hnd"
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="handovers")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="handovers")
    expires_at = models.DateTimeField()
