"""What studios offer: titles with what is known of their rights, base model versions and house adapters that learned from them,
offerings, tiers with frozen revisions."""

from django.db import models
from django.db.models import Q

from atelier.accounts.access import studios
from atelier.accounts.models import Studio, User
from atelier.kit.models import Row
from atelier.kit.papers import Paper
from atelier.kit.uploads import Upload
from finetune.job import Base, Frozen
from licensing.money import Money
from licensing.terms import Terms

from . import learned
from .learned import Learned
from .scope import Scope, constraints
from .states import SAMPLE, VERSION, Basis, ClearanceState, SampleState, VersionState


class Title(Row):
    """A film or series. Rights are counted title by title."""

    prefix = "ttl"
    studio = models.ForeignKey(Studio, on_delete=models.PROTECT, related_name="titles")
    name = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField(null=True)
    eidr = models.CharField(max_length=34, blank=True, help_text="Entertainment Identifier Registry id, e.g. 10.5240/…")

    @property
    def said(self) -> "Clearance | None":
        """What was said last of the rights in it."""
        return max(self.clearances.all(), key=lambda row: (row.created_at, row.id), default=None)

    @property
    def clearance(self) -> str:
        """Pending until somebody has said otherwise."""
        return self.said.state if self.said else ClearanceState.PENDING

    @property
    def models(self) -> int:
        """How many base model versions and house adapters name it as a source."""
        return len(self.base_versions.all()) + len(self.adapters.all())

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(studio__in=studios(person))


class Clearance(Row, Paper):
    """What somebody who answers for it said of the rights in a title. Rows are only added (migration 0005); the newest counts."""

    prefix = "clr"
    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="clearances")
    state = models.CharField(max_length=10, choices=ClearanceState.choices)
    basis = models.CharField(max_length=13, choices=Basis.choices, blank=True, help_text="On what it rests; told to everybody.")
    evidence = models.TextField(blank=True, help_text="Contracts, chain of title, who searched; for the studio alone.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ClearanceState.values), name="clearance_state_known"),
            models.CheckConstraint(
                condition=~Q(state=ClearanceState.CLEARED) | ~Q(evidence="") | ~Q(paper_key=""), name="clearance_has_grounds"
            ),
        ]
        ordering = ["-created_at", "-id"]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(title__studio__in=studios(person))


class Performer(Row, Scope, Paper):
    """Somebody who is seen or heard in a studio's titles, and what she has agreed to. The paper is the signed consent."""

    prefix = "per"
    studio = models.ForeignKey(Studio, on_delete=models.PROTECT, related_name="performers")
    name = models.CharField(max_length=200)
    evidence = models.TextField(blank=True, help_text="Where the signed consent is kept.")
    titles = models.ManyToManyField(Title, through="TitlePerformer", related_name="performers")

    class Meta:
        constraints = [*constraints("performer"), models.UniqueConstraint(fields=["studio", "name"], name="performer_once")]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(studio__in=studios(person))


class TitlePerformer(models.Model):
    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="cast")
    performer = models.ForeignKey(Performer, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(max_length=200, blank=True, help_text="Whom she plays, or what she does.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["title", "performer"], name="title_performer_once")]

    def __str__(self) -> str:
        return f"{self.performer_id} in {self.title_id}"


class BaseModel(Row):
    prefix = "bas"
    studio = models.ForeignKey(Studio, on_delete=models.PROTECT, related_name="bases")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["studio", "name"], name="base_name_once")]


class BaseVersion(Row, Learned):
    """One set of weights: a diffusers directory in the object store, known by its digest. Immutable once published."""

    prefix = "bsv"
    base = models.ForeignKey(BaseModel, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=40)
    family = models.CharField(max_length=40)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    problem = models.TextField(blank=True, help_text="Why it was refused.")
    digest = models.CharField(max_length=71, blank=True, help_text="sha256:… over the directory (finetune.manifest.directory_digest)")
    facts = models.JSONField(default=dict, help_text="What its family's layout says of it (outline.py), once published.")
    height = models.PositiveIntegerField(help_text="Pixels a training clip has by default.")
    width = models.PositiveIntegerField()
    frames = models.PositiveIntegerField()
    fps = models.FloatField()
    titles = models.ManyToManyField(Title, related_name="base_versions", help_text="What it learned from.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["base", "version"], name="base_version_once"),
            VERSION.constraint("base_version_state_known"),
            *learned.constraints("base_version"),
        ]

    @property
    def studio(self) -> Studio:
        return self.base.studio

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(base__studio__in=studios(person))


class BaseFile(Upload):
    """A file of a base model version. It stays in the bucket `models` under the version's own prefix."""

    version = models.ForeignKey(BaseVersion, on_delete=models.PROTECT, related_name="files")
    path = models.CharField(max_length=200, help_text="Inside the directory, e.g. transformer/config.json")
    complete = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "path"], name="base_file_once")]
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path


class Sample(Row, Upload):
    """A clip that a base model made, for everybody to see. It arrives in the bucket `quarantine` under `key`; once checked it is kept in
    `material` under `clean_key`, with its first good picture beside it."""

    prefix = "smp"
    version = models.ForeignKey(BaseVersion, on_delete=models.PROTECT, related_name="samples")
    prompt = models.CharField(max_length=500, help_text="The words that it was made from.")
    order = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=SampleState.choices, default=SampleState.ARRIVING)
    problem = models.TextField(blank=True, help_text="Why it was refused.")
    clean_key = models.CharField(max_length=200, blank=True)
    thumb_key = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=40, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    seconds = models.FloatField(null=True)

    class Meta:
        constraints = [SAMPLE.constraint("sample_state_known")]
        ordering = ["order", "id"]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(version__base__studio__in=studios(person))


class HouseAdapter(Row, Upload, Learned):
    """A LoRA in diffusers' layout that a base model version wears, frozen under whatever creators train on it. One file, in the bucket
    `models`; immutable once published."""

    prefix = "had"
    version = models.ForeignKey(BaseVersion, on_delete=models.PROTECT, related_name="adapters")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    problem = models.TextField(blank=True, help_text="Why it was refused.")
    titles = models.ManyToManyField(Title, related_name="adapters", help_text="What it learned from.")
    model = models.UUIDField(null=True, help_text="The custom model that it was before; empty where it came as a file.")
    part = models.PositiveSmallIntegerField(default=1, help_text="Which of the base's transformers it goes on: 1, or 2 of a base with two.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="house_adapter_once"),
            models.UniqueConstraint(fields=["model", "part"], name="house_adapter_of_model_once"),
            models.CheckConstraint(condition=Q(part__in=(1, 2)), name="house_adapter_part_known"),
            VERSION.constraint("house_adapter_state_known"),
            *learned.constraints("house_adapter"),
        ]

    @property
    def studio(self) -> Studio:
        return self.version.studio

    @property
    def digest(self) -> str:
        """As a job names it."""
        return f"sha256:{self.sha256}"

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(version__base__studio__in=studios(person))


class Offering(Row):
    """What tiers are sold over: a base model version, alone or with a house adapter on it."""

    prefix = "off"
    studio = models.ForeignKey(Studio, on_delete=models.PROTECT, related_name="offerings")
    version = models.ForeignKey(BaseVersion, on_delete=models.PROTECT, related_name="offerings")
    adapter = models.ForeignKey(HouseAdapter, on_delete=models.PROTECT, null=True, related_name="offerings")
    adapter_2 = models.ForeignKey(
        HouseAdapter,
        on_delete=models.PROTECT,
        null=True,
        related_name="offerings_2",
        help_text="On the second transformer of a base with two.",
    )
    name = models.CharField(max_length=200)
    in_house = models.BooleanField(default=False, help_text="For the studio's own people: shown and sold to nobody.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version"], condition=Q(in_house=True), name="offering_in_house_once")]

    @property
    def digest(self) -> str:
        """Of what is licensed: the base's own, or that of base and house adapter together."""
        worn = [Frozen("", each.digest) if each else None for each in self.adapters]
        return Base("", self.version.digest, *worn).worn

    @property
    def adapters(self) -> tuple[HouseAdapter | None, HouseAdapter | None]:
        """What each of its transformers wears."""
        return self.adapter, self.adapter_2

    @property
    def worn(self) -> list[HouseAdapter]:
        return [each for each in self.adapters if each]

    @property
    def worn_name(self) -> str:
        return " + ".join(each.name for each in self.worn)

    @property
    def titles(self) -> list[Title]:
        """All that it learned from, each once."""
        rows = [*self.version.titles.all(), *(title for each in self.worn for title in each.titles.all())]
        return sorted(set(rows), key=lambda title: title.name)

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(studio__in=studios(person), in_house=False)


class Tier(Row):
    """A named way to license an offering. Terms and price live in its revisions; the newest one is on sale."""

    prefix = "tir"
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="tiers")
    name = models.CharField(max_length=100)
    open = models.BooleanField(default=True, help_text="Whether it is on sale.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offering", "name"], name="tier_name_once")]

    @property
    def current(self) -> "TierRevision":
        return self.revisions.order_by("-number")[0]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(offering__studio__in=studios(person), offering__in_house=False)


class TierRevision(Row):
    """Terms and price as they were offered at one time. Rows are only added (migration 0001), so a sold one cannot change."""

    prefix = "rev"
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    terms_json = models.JSONField()
    terms_id = models.CharField(max_length=71, help_text="sha256:… of the canonical terms")
    price_amount = models.BigIntegerField(help_text="Minor units.")
    price_currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tier", "number"], name="tier_revision_once"),
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="tier_price_not_negative"),
        ]

    @property
    def terms(self) -> Terms:
        return Terms.from_dict(self.terms_json)

    @property
    def price(self) -> Money:
        return Money(self.price_amount, self.price_currency)
