"""The audit log: rows that are only added (the migrations let the database refuse anything else), and the trees over them.

An entry stands in the transaction of its deed, and with it a row of Pending. The sequencer (sequencer.py) gives it a place in the tree of
its studio: Leaf, and Node for the subtrees that its coming completes.
"""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from licensing.merkle import HASH_BYTES

# The tree of what concerns no studio.
PLATFORM = UUID(int=0)
# Every so many levels of a tree the hashes are kept; those between are folded anew from at most 2**STRIDE of them.
STRIDE = 4


class Entry(models.Model):
    """Who did what, to what, under which title and licence. People appear by opaque id only."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    studio = models.UUIDField(null=True, help_text="The studio whose log this belongs to; none for what concerns no studio.")
    actor = models.UUIDField(null=True, help_text="The person's opaque id; none for the platform itself.")
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=80, help_text="Public id of what was acted upon.")
    titles = ArrayField(models.CharField(max_length=80), default=list, help_text="Public ids of the titles concerned.")
    licence = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            *(models.Index(fields=[whose, "-id"]) for whose in ("studio", "actor", "licence")),
            GinIndex(fields=["titles"], name="audit_entry_titles"),
        ]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.id} {self.action} {self.subject}"


class Pending(models.Model):
    """An entry that has no place yet. A trigger writes it with the entry, the sequencer takes it away with the leaf."""

    entry = models.BigIntegerField(primary_key=True)

    class Meta:
        verbose_name_plural = "pending"


class Leaf(models.Model):
    """An entry's place in its tree. The database refuses a place whose predecessor is not there."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="leaf")
    tree = models.UUIDField()
    place = models.BigIntegerField()
    data = models.TextField(help_text="The bytes that were hashed: canonical JSON with commitments where a person was named.")
    hash = models.BinaryField(max_length=HASH_BYTES)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tree", "place"], name="audit_leaf_place_once"),
            models.CheckConstraint(condition=models.Q(place__gte=0), name="audit_leaf_from_zero"),
        ]
        verbose_name_plural = "leaves"


class Salt(models.Model):
    """What opens the commitments of a leaf. Once it is deleted they mean nothing to anybody, and still stand."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="salt")
    salt = models.BinaryField(max_length=32)


class Node(models.Model):
    """The hash of a complete subtree, on every STRIDE-th level above the leaves."""

    pk = models.CompositePrimaryKey("tree", "level", "place")
    tree = models.UUIDField()
    level = models.PositiveSmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField(max_length=HASH_BYTES)


class Checkpoint(models.Model):
    """The signed size and root of a tree, kept for good."""

    tree = models.UUIDField()
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=HASH_BYTES)
    origin = models.CharField(max_length=300, help_text="What the tree is called in its notes. It never changes.")
    note = models.TextField(help_text="The signed text, as people keep it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tree", "size"], name="audit_checkpoint_once")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"

    @property
    def root_hex(self) -> str:
        return bytes(self.root).hex()
