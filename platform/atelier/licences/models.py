"""Licences as granted: who holds which tier revision, since when, until when."""

from uuid import UUID

from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Lower, Now

from atelier.accounts.access import studios
from atelier.accounts.models import Studio, User
from atelier.catalog.models import TierRevision
from atelier.kit.models import Row
from licensing.terms import Terms

from .states import LICENCE, LIVE, SEAT, LicenceState, SeatState


def next_number() -> Func:
    return Func(Value("licences_number"), function="nextval", output_field=models.BigIntegerField())


class Licence(Row):
    """`number` is how certificates call the licensee: it names the person to nobody but us, and no two licences have the same."""

    prefix = "lic"
    number = models.BigIntegerField(unique=True, editable=False, db_default=next_number())
    holder = models.ForeignKey(User, on_delete=models.PROTECT, related_name="licences")
    studio = models.ForeignKey(Studio, on_delete=models.PROTECT, related_name="licences")
    revision = models.ForeignKey(TierRevision, on_delete=models.PROTECT, related_name="licences")
    source = models.CharField(max_length=80, unique=True, help_text="Public id of what granted it (an order): one licence each.")
    state = models.CharField(max_length=10, choices=LicenceState.choices, default=LicenceState.ACTIVE)
    reason = models.CharField(max_length=80, blank=True, help_text="Why it is suspended or revoked.")
    accepted_text = models.CharField(max_length=71, help_text="Hash of the licence text that the holder accepted.")
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    base_taken_at = models.DateTimeField(null=True, help_text="When the base model was first downloaded under it.")

    class Meta:
        constraints = [LICENCE.constraint("licence_state_known")]

    @property
    def terms(self) -> Terms:
        return self.revision.terms

    @property
    def version_id(self) -> UUID:
        return self.revision.tier.offering.version_id

    @classmethod
    def usable_by(cls, person: User) -> Q:
        """Her own, and those in which she has a seat: the one answer to who may use a licence. What may be done, the judge says."""
        seats = Seat.objects.filter(person=person, state=SeatState.TAKEN).values("licence")
        return Q(holder=person) | Q(pk__in=seats)

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return cls.usable_by(person) | Q(studio__in=studios(person))


class Seat(Row):
    """A place beside the holder, who needs none: offered to an address, taken by the person who reads its mail."""

    prefix = "sea"
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="seats")
    email = models.EmailField(max_length=254, blank=True, help_text="To which it was offered; empty once its account was closed.")
    language = models.CharField(max_length=5, help_text="Of the mail: that of the page on which it was offered.")
    state = models.CharField(max_length=10, choices=SeatState.choices, default=SeatState.OFFERED)
    expires_at = models.DateTimeField(help_text="Until when the offer can be taken up.")
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="seats")
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            SEAT.constraint("seat_state_known"),
            models.UniqueConstraint("licence", Lower("email"), condition=Q(state__in=LIVE), name="seat_offered_once"),
            models.UniqueConstraint(fields=["licence", "person"], condition=Q(state=SeatState.TAKEN), name="seat_taken_once"),
            models.CheckConstraint(condition=~Q(state=SeatState.TAKEN) | Q(person__isnull=False), name="seat_taken_by_somebody"),
        ]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        """Who gave it, who has it, and the studio of the licence."""
        return Q(licence__holder=person) | Q(person=person, state=SeatState.TAKEN) | Q(licence__studio__in=studios(person))


class RevokedModel(models.Model):
    """Tensors that were taken back, whoever holds them. Rows are only added."""

    tensors = models.CharField(primary_key=True, max_length=71)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.tensors


class Tombstone(models.Model):
    """Something that a takedown reached: it stays where it is, and nothing stands on it any more. Laid once for each takedown that
    reaches it; only `settled_at` with `did`, and `lifted_at`, are ever set, once each (migration 0003)."""

    takedown = models.UUIDField()
    kind = models.CharField(max_length=20, help_text="What it is: title, dataset, model … (takedown/lineage.py).")
    item = models.UUIDField()
    laid_at = models.DateTimeField(db_default=Now(), editable=False)
    settled_at = models.DateTimeField(null=True, help_text="When what follows from it was done.")
    did = models.CharField(max_length=20, blank=True, help_text="What that was, where it has to be undone if the takedown is lifted.")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["takedown", "kind", "item"], name="tombstone_once")]
        indexes = [
            models.Index(fields=["item"], condition=Q(lifted_at=None), name="tombstone_standing"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item}"


class RevocationList(models.Model):
    """A list as it was signed and given out. Rows are only added; the highest serial is the one that counts."""

    serial = models.BigIntegerField(primary_key=True)
    issued_at = models.DateTimeField()
    document = models.TextField()

    def __str__(self) -> str:
        return f"revocation list {self.serial}"
