"""A creator's own material: datasets and the clips and stills in them. Nobody but their owner sees them."""

from pathlib import PurePosixPath

from django.db import models
from django.db.models import F, Q

from atelier.accounts.models import Studio, User
from atelier.catalog.models import Title
from atelier.catalog.scope import Scope, constraints
from atelier.kit.models import Row
from atelier.kit.papers import Paper
from atelier.kit.uploads import Upload
from atelier.licences.models import Licence

from .limits import CAPTION_SIGNS, NAME_SIGNS
from .states import ASSET, DATASET, QUESTION, AssetState, DatasetState, QuestionState


class Dataset(Row):
    """Clips that belong together. Once sealed, the database refuses every change (migration 0002)."""

    prefix = "dst"
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="datasets")
    studio = models.ForeignKey(
        Studio, on_delete=models.PROTECT, null=True, related_name="datasets", help_text="Where each clip is of a title of this studio."
    )
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, null=True, related_name="datasets", help_text="What it is meant for.")
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=DatasetState.choices, default=DatasetState.OPEN)
    attested_text = models.CharField(max_length=71, blank=True, help_text="Hash of the promise that the owner made (attestation.py).")
    attested_at = models.DateTimeField(null=True)
    root = models.CharField(max_length=71, blank=True, help_text="Merkle root of the sealed manifest, sha256:…")
    manifest_key = models.CharField(max_length=200, blank=True, help_text="manifest.json in the bucket `material`.")
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            DATASET.constraint("dataset_state_known"),
            models.CheckConstraint(
                condition=~Q(state=DatasetState.SEALED)
                | Q(root__startswith="sha256:", attested_text__startswith="sha256:", attested_at__isnull=False, sealed_at__isnull=False)
                & ~Q(manifest_key=""),
                name="dataset_sealed_is_whole",
            ),
        ]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(owner=person)


class Kind(models.TextChoices):
    VIDEO = "video"
    IMAGE = "image"


class Asset(Row, Upload):
    """One file. `key` is where it arrived (quarantine); `clean_key` is the checked copy that trainings read (material)."""

    prefix = "ast"
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="assets")
    name = models.CharField(max_length=NAME_SIGNS, help_text="As its owner calls it. Shown, never used in a key or a path.")
    state = models.CharField(max_length=10, choices=AssetState.choices, default=AssetState.UPLOADING)
    problem = models.CharField(max_length=40, blank=True, help_text="Code of why it was refused (problems.py).")
    problem_sentence = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=5, choices=Kind.choices, blank=True)
    width = models.PositiveIntegerField(default=0, help_text="Upright, as a player shows it.")
    height = models.PositiveIntegerField(default=0)
    frames = models.PositiveIntegerField(default=0)
    fps = models.FloatField(default=0.0, help_text="0 for a still.")
    duration = models.FloatField(default=0.0, help_text="Seconds; 0 for a still.")
    caption = models.CharField(max_length=CAPTION_SIGNS, blank=True)
    title = models.ForeignKey(Title, on_delete=models.PROTECT, null=True, related_name="assets", help_text="What it is of, in a studio's.")
    clean_key = models.CharField(max_length=200, blank=True)
    thumb_key = models.CharField(max_length=200, blank=True)
    filmstrip_key = models.CharField(max_length=200, blank=True, help_text="Empty for a still.")

    class Meta:
        constraints = [
            ASSET.constraint("asset_state_known"),
            models.UniqueConstraint(fields=["dataset", "name"], condition=~Q(state=AssetState.REMOVED), name="asset_name_once"),
            models.CheckConstraint(condition=Q(bytes__gt=0), name="asset_not_empty"),
            models.CheckConstraint(
                condition=~Q(state=AssetState.READY)
                | Q(kind__in=Kind.values, width__gt=0, height__gt=0, frames__gt=0) & ~Q(clean_key="") & ~Q(thumb_key=""),
                name="asset_ready_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state=AssetState.REFUSED, problem__gt="") | ~Q(state=AssetState.REFUSED), name="asset_refused_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=[AssetState.UPLOADING, AssetState.CHECKING]), name="asset_unfinished")
        ]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(dataset__owner=person) & ~Q(state=AssetState.REMOVED)

    @property
    def suffix(self) -> str:
        """Of the checked file: by what it is, not by what it was called."""
        return PurePosixPath(self.clean_key).suffix

    @property
    def kept_keys(self) -> list[str]:
        """Its objects in the bucket `material`."""
        return [key for key in (self.clean_key, self.thumb_key, self.filmstrip_key) if key]


class Consent(Row, Scope, Paper):
    """What somebody who can be recognised in a dataset has agreed to, as its owner records it. Never edited: withdrawn, or recorded anew.
    The paper is the signed consent; no studio sees it."""

    prefix = "cns"
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="consents")
    performer = models.CharField(max_length=200, help_text="Her name; for nobody but the dataset's owner.")
    evidence = models.TextField(blank=True, help_text="Where the signed consent is kept.")

    class Meta:
        constraints = [
            *constraints("consent"),
            models.CheckConstraint(condition=~Q(evidence="") | ~Q(paper_key=""), name="consent_has_evidence"),
        ]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(dataset__owner=person)


class Source(models.TextChoices):
    DETECTOR = "detector", "a face was found"
    OWNER = "owner", "the owner asked"


class Question(Row):
    """Can somebody be recognised in this file, and has she agreed? At most one for a file; while it is open, its dataset is not sealed."""

    prefix = "qst"
    asset = models.OneToOneField(Asset, on_delete=models.PROTECT, related_name="question")
    source = models.CharField(max_length=10, choices=Source.choices)
    looked_at = models.PositiveSmallIntegerField(default=0, help_text="How many pictures of it the detector saw.")
    faces_in = models.PositiveSmallIntegerField(default=0, help_text="In how many of these it found a face.")
    state = models.CharField(max_length=10, choices=QuestionState.choices, default=QuestionState.OPEN)
    answered_at = models.DateTimeField(null=True)
    consents = models.ManyToManyField(Consent, related_name="questions")

    class Meta:
        constraints = [
            QUESTION.constraint("question_state_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="question_source_known"),
            models.CheckConstraint(condition=Q(faces_in__lte=F("looked_at")), name="question_counts_fit"),
            models.CheckConstraint(
                condition=Q(state=QuestionState.OPEN, answered_at=None) | ~Q(state=QuestionState.OPEN) & Q(answered_at__isnull=False),
                name="question_answered_when",
            ),
        ]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(asset__dataset__owner=person) & ~Q(asset__state=AssetState.REMOVED)
