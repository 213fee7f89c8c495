"""Multipart uploads straight from the person's machine to the object store. We sign the parts and count what arrived."""

from dataclasses import dataclass

from django.db import models

from . import store
from .refused import Refused

PART_BYTES = 8 << 20
MOST_PARTS = 10_000


@dataclass(frozen=True)
class PartLink:
    number: int
    url: str
    bytes: int


class Upload(models.Model):
    """The uploading side of a row: where the bytes go, how many, and what they must hash to."""

    key = models.CharField(max_length=200, unique=True)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    upload_id = models.CharField(max_length=300, blank=True, help_text="The store's id while parts are coming in; empty before and after.")

    class Meta:
        abstract = True

    @property
    def part_count(self) -> int:
        return max(1, -(-self.bytes // self.part_bytes))

    @property
    def part_bytes(self) -> int:
        """8 MiB, more when the file would need more than 10,000 parts."""
        return max(PART_BYTES, -(-self.bytes // MOST_PARTS))

    def length_of(self, number: int) -> int:
        if not 1 <= number <= self.part_count:
            raise Refused("no_such_part", "This file has parts 1 to %(most)s.", status=422, most=self.part_count)
        return min(self.part_bytes, self.bytes - (number - 1) * self.part_bytes)


def links(row: Upload, where: str, numbers: list[int]) -> list[PartLink]:
    """Signed links for these parts, each for exactly its length. Opens the multipart upload on first use (the caller saves the row)."""
    if not row.upload_id:
        row.upload_id = store.start_multipart(where, row.key)
    return [PartLink(n, store.part_link(where, row.key, row.upload_id, n, row.length_of(n)), row.length_of(n)) for n in numbers]


def arrived(row: Upload, where: str) -> list[int]:
    """The part numbers that the store already holds: what a resumed upload may skip."""
    return [part.number for part in store.parts(where, row.key, row.upload_id)] if row.upload_id else []


def finish(row: Upload, where: str) -> None:
    """Puts the parts together if all are there with their signed lengths. Raises Refused("parts_missing") naming what is not."""
    if not row.upload_id:
        raise Refused("parts_missing", "No part of this file has arrived yet.", missing=list(range(1, row.part_count + 1)))
    got = store.parts(where, row.key, row.upload_id)
    right = {part.number for part in got if part.number <= row.part_count and part.bytes == row.length_of(part.number)}
    missing = [n for n in range(1, row.part_count + 1) if n not in right]
    if missing:
        raise Refused("parts_missing", "Parts %(few)s have not arrived whole. Send them again.", few=_few(missing), missing=missing)
    store.complete_multipart(where, row.key, row.upload_id, got)
    row.upload_id = ""


def _few(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")
