"""Finished custom models, their files, and every download."""

from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Q

from atelier.accounts.models import User
from atelier.catalog.models import HouseAdapter
from atelier.kit.models import Row
from atelier.licences.models import Licence

from .states import LEAK, MODEL, HandoverState, LeakState, ModelState


class CustomModel(Row):
    """What a training made. `use` is what it is declared to be for: the project's own declaration at first, and then its owner's newest
    (Declaration). A download is judged by it."""

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

    @property
    def stands_on(self) -> tuple[UUID, ...]:
        """What a takedown may have reached, beside its licence."""
        return (self.pk, self.training)

    def shows(self, preview: "Preview") -> bool:
        """Whether it lies on the way to this model: its training may have gone further before an earlier step was chosen."""
        return preview.training == self.training and preview.step <= self.manifest.get("steps", preview.step)


class Declaration(Row):
    """What a model was declared to be for, from then on. Rows are only added: copies that were handed over before keep what they say."""

    prefix = "dcl"
    model = models.ForeignKey(CustomModel, on_delete=models.PROTECT, related_name="declarations")
    number = models.PositiveIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    use = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="declaration_number_once")]
        ordering = ["number"]


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


class Preview(Row):
    """A preview that a training made on its way: one prompt by one step; step 0 is the bare base. Its file lies under the fence
    that wrote it; reached through the training or its model. There is a row once both files are signed (previews.keep)."""

    prefix = "prv"
    training = models.UUIDField()
    fence = models.BigIntegerField()
    place = models.PositiveSmallIntegerField(help_text="Which of the prompts, from 0.")
    step = models.PositiveIntegerField()
    prompt = models.TextField()
    seed = models.BigIntegerField()
    key = models.CharField(max_length=300)
    still = models.CharField(max_length=300, help_text="Key of one frame, shown until the clip plays.")
    credential = models.JSONField(default=dict, help_text="What the signed manifest in both files says, and who signed it when.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["training", "place", "step"], name="preview_once")]
        ordering = ["place", "step"]

    @property
    def made_at(self) -> datetime:
        """As its manifest says."""
        return datetime.fromisoformat(self.credential["made_at"])

    @property
    def signed_at(self) -> datetime:
        return datetime.fromisoformat(self.credential["signed_at"])


class Curve(models.TextChoices):
    LOSS = "loss"
    VALIDATION = "validation"


class Point(models.Model):
    """One value of a training's curve, kept for as long as the training is. A step's loss is the mean since the point before."""

    training = models.UUIDField()
    curve = models.CharField(max_length=10, choices=Curve.choices)
    step = models.PositiveIntegerField()
    value = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["training", "curve", "step"], name="point_once")]
        ordering = ["step"]

    def __str__(self) -> str:
        return f"{self.curve} of {self.training} at step {self.step}"


class Handover(Row):
    """One copy for one person, of a custom model's weights or of the house adapter that a base wears, and its certificate, which has the
    same id. Rows are only added: what became of it is its Outcome. `use` and `ends_at` are what the certificate says, as they were when it
    was asked for; nothing is declared for a house adapter."""

    prefix = "hnd"
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="handovers")
    adapter = models.ForeignKey(HouseAdapter, on_delete=models.PROTECT, null=True, related_name="handovers")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="handovers")
    use = models.JSONField()
    ends_at = models.DateTimeField(null=True, help_text="When the licence ends.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(artifact=None) ^ Q(adapter=None), name="handover_of_one")]

    @property
    def source(self) -> "Source":
        """What it is a copy of."""
        found = self.artifact or self.adapter
        assert found is not None
        return found

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(person=person)

    @property
    def found(self) -> "Outcome | None":
        """Its outcome, once there is one."""
        return getattr(self, "outcome", None)

    @property
    def state(self) -> HandoverState:
        if self.found is None:
            return HandoverState.PREPARING
        return HandoverState.FAILED if self.found.code else HandoverState.READY


Source = Artifact | HouseAdapter


class Outcome(Row):
    """How a handover went: the stamped copy in the bucket `models`, or why there is none. Rows are only added."""

    prefix = "out"
    handover = models.OneToOneField(Handover, on_delete=models.PROTECT, related_name="outcome")
    code = models.CharField(max_length=40, blank=True)
    sentence = models.TextField(blank=True)
    key = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.BigIntegerField(default=0)
    tensors = models.CharField(max_length=71, blank=True, help_text="What the certificate is about; the same as of the artifact.")
    signed_by = models.CharField(max_length=64, blank=True, help_text="Id of the key that signed the certificate.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(code="") ^ Q(key="", sha256="", tensors="", signed_by=""), name="outcome_copy_or_reason")
        ]


class Fingerprint(Row):
    """The mark in a copy, by which a file that turns up is known again (marks.py). Rows are only added; the secret is in none."""

    prefix = "fpr"
    handover = models.OneToOneField(Handover, on_delete=models.PROTECT, related_name="fingerprint")
    key_id = models.CharField(max_length=16, help_text="Of the environment's key that it was made with.")
    strength = models.FloatField(help_text="Share of the adapter's norm.")
    layers = models.PositiveIntegerField()


class Leak(Row):
    """A question to the leak desk: which copy does this file come from? `found` is the ranking so far, `last` the file compared last."""

    prefix = "lek"
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, help_text="What the file was called.")
    key = models.CharField(max_length=300, help_text="Where it lies in the bucket `quarantine`.")
    state = models.CharField(max_length=10, choices=LeakState.choices, default=LeakState.WORKING)
    problem = models.CharField(max_length=500, blank=True)
    total = models.PositiveIntegerField(default=0, help_text="Models' files that it is held against.")
    done = models.PositiveIntegerField(default=0)
    last = models.UUIDField(null=True)
    asked = models.PositiveIntegerField(default=0, help_text="Copies asked about.")
    found = models.JSONField(default=list)

    class Meta:
        constraints = [LEAK.constraint("leak_state_known")]
        ordering = ["-created_at"]
