"""Declared use, quote, training, and what its workers did."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from atelier.accounts.models import User
from atelier.kit.models import Row
from atelier.library.models import CustomModel
from atelier.licences.models import Licence
from atelier.material.models import Dataset
from licensing.judge import Use

from .states import ACTIVE, TRAINING, TrainingState

MAX_ATTEMPTS = 3


class Project(Row):
    """What the creator declares she will use the model for. Terms are judged against it."""

    prefix = "prj"
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=200)
    stage = models.CharField(max_length=20)
    media = models.JSONField()
    territories = models.JSONField()
    commercial = models.BooleanField()

    @property
    def declaration(self) -> dict[str, Any]:
        return {"stage": self.stage, "media": self.media, "territories": self.territories, "commercial": self.commercial}

    @property
    def use(self) -> Use:
        return Use(**self.declaration)

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(owner=person)


class Sweep(Row):
    """A few runs of the same draft that differ in one setting: a quote for each, one start for all, compared on one board."""

    prefix = "swp"
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sweeps")
    name = models.CharField(max_length=200)

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(owner=person)


class Quote(Row):
    """What a training will cost at most, signed, for an hour."""

    prefix = "quo"
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="quotes")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="quotes")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="quotes")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="quotes")
    name = models.CharField(max_length=200)
    knobs = models.JSONField()
    previews = models.JSONField()
    seed = models.BigIntegerField()
    seconds = models.PositiveIntegerField(help_text="Training seconds: the ceiling, put on hold at the start.")
    lines = models.JSONField(help_text="What the seconds are made of.")
    estimate = models.JSONField(help_text="The engine's estimate, with its interval.")
    expires_at = models.DateTimeField()
    signature = models.TextField()
    sweep = models.ForeignKey(Sweep, on_delete=models.PROTECT, null=True, related_name="quotes")
    origin = models.ForeignKey(CustomModel, on_delete=models.PROTECT, null=True, related_name="+", help_text="Whose training it goes on.")

    @property
    def made_of(self) -> tuple[UUID, ...]:
        """What a takedown, or a consent that is taken back, may have reached: its dataset, and all that its origin was made of."""
        return (self.dataset_id, *descent(self.origin_id))

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(owner=person)


def descent(origin: UUID | None) -> Iterator[UUID]:
    """The model that a training goes on from, and what that was made of, back to the first."""
    while origin:
        yield origin
        before = Training.objects.filter(pk__in=CustomModel.objects.filter(pk=origin).values("training")).select_related("quote").first()
        if before is None:
            return
        yield from (before.pk, before.quote.dataset_id)
        origin = before.quote.origin_id


class Draft(Row):
    """A training in preparation: what the wizard's pages were told so far. Once its quote has started a training, it is over.

    `version` grows with every change, so that a page which was open meanwhile cannot undo one unseen.
    """

    prefix = "dft"
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="drafts")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, null=True, related_name="drafts")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, null=True, related_name="drafts")
    name = models.CharField(max_length=200, blank=True)
    use = models.JSONField(default=dict, help_text="The project's name and declaration; declared for good when a quote is asked.")
    knobs = models.JSONField(default=dict)
    previews = models.JSONField(default=list)
    seed = models.BigIntegerField(default=0)
    origin = models.ForeignKey(CustomModel, on_delete=models.PROTECT, null=True, related_name="+")
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, null=True, help_text="For exactly what stands here.")
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(db_default=Now())

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(owner=person)

    @property
    def training(self) -> "Training | None":
        """What it became."""
        return Training.objects.filter(quote=self.quote_id).first() if self.quote_id else None


class Wish(models.TextChoices):
    """What its owner has asked of a training that a worker has; the worker heeds it at its next heartbeat."""

    NONE = "", "go on"
    PAUSE = "pause"
    CANCEL = "cancel"


class Training(Row):
    """The job. This row is the truth; Celery messages only hint at it."""

    prefix = "trn"
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="trainings")
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, help_text="One quote starts one training: a double click finds it.")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="trainings")
    state = models.CharField(max_length=14, choices=TrainingState.choices, default=TrainingState.QUEUED)
    since = models.DateTimeField(help_text="When it came into this state.")
    fence = models.BigIntegerField(null=True, help_text="Grows with every claim; what an older fence writes is ignored.")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    wish = models.CharField(max_length=6, choices=Wish.choices, default=Wish.NONE, blank=True)
    finish_at = models.PositiveIntegerField(null=True, help_text="The step whose checkpoint is to be the result; none: the last step.")
    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField()
    loss = models.FloatField(null=True)
    captured = models.PositiveIntegerField(default=0, help_text="Seconds captured so far.")
    family = models.CharField(max_length=20, blank=True, help_text="Of its base: what a worker must know.")
    memory = models.BigIntegerField(default=0, help_text="Bytes that it takes by the estimate; 0: not known.")
    low = models.FloatField(default=0, help_text="Seconds that it takes at least, by the estimate.")
    high = models.FloatField(default=0, help_text="Seconds that it takes at most, by the estimate.")
    priority = models.BooleanField(default=False, help_text="Whether its licence's terms give it the priority lane.")
    at_once = models.PositiveBigIntegerField(
        default=0, help_text="How many of its licence may be at work at once; 0: the terms do not say."
    )
    alike = models.JSONField(default=dict, blank=True, help_text="What the grouping rule asks of it; empty: it trains alone.")
    trace = models.JSONField(default=dict, blank=True, help_text="Carries the trace of the click that started it to its workers.")
    code = models.CharField(max_length=40, blank=True, help_text="Why it ended, when not well.")
    sentence = models.TextField(blank=True)

    class Meta:
        constraints = [
            TRAINING.constraint("training_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=ACTIVE, lease_until__isnull=False, fence__isnull=False)
                | (~Q(state__in=ACTIVE) & Q(lease_until=None)),
                name="training_lease_when_active",
            ),
            models.CheckConstraint(condition=Q(wish__in=Wish.values), name="training_wish_known"),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state="queued"), name="training_queue"),
            models.Index(
                fields=["owner", "licence", "created_at", "id"],
                include=["priority", "at_once"],
                condition=Q(state="queued"),
                name="training_lines",
            ),
            models.Index(fields=["owner"], condition=Q(state__in=ACTIVE), name="training_at_work"),
        ]

    @property
    def cancel_requested(self) -> bool:
        return self.wish == Wish.CANCEL

    @property
    def stands_on(self) -> tuple[UUID, ...]:
        """What a takedown may have reached, beside its licence."""
        return (self.pk, *self.quote.made_of)

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(owner=person)


class Attempt(Row):
    """One claim by one worker: when, where, and how it ended."""

    prefix = "att"
    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="claims")
    fence = models.BigIntegerField(unique=True)
    worker = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    clip = models.TextField(blank=True, help_text="What the engine was decoding when it died.")

    class Meta:
        ordering = ["fence"]


class Checkpoint(Row):
    """A point from which another worker can go on. Its files lie under the fence that wrote them."""

    prefix = "ckp"
    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="checkpoints")
    fence = models.BigIntegerField()
    step = models.PositiveIntegerField()
    loss = models.FloatField(null=True)
    files = models.JSONField(help_text="[{path, key, sha256}] inside the checkpoint's folder")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["training", "step"], name="checkpoint_step_once")]
        ordering = ["step"]
