"""What a notice is about: the first id of ours in what the claimant pasted, and what and whose that is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atelier.accounts.models import Studio, User
from atelier.catalog.models import BaseVersion, Offering, Tier
from atelier.kit.models import Row
from atelier.library.models import CustomModel

ID = re.compile(r"(?:off|tir|bsv|mdl)_[0-9a-f]{32}")
KINDS: dict[str, type[Row]] = {kind.prefix: kind for kind in (Offering, Tier, BaseVersion, CustomModel)}
WITH: dict[str, tuple[str, ...]] = {
    Offering.prefix: ("version__base__studio",),
    Tier.prefix: ("offering__version__base__studio",),
    BaseVersion.prefix: ("base__studio",),
    CustomModel.prefix: ("owner", "licence__revision__tier__offering__version__base__studio"),
}
WORDS: dict[str, str | Promise] = {
    Offering.prefix: _("Offering"),
    Tier.prefix: _("Tier"),
    BaseVersion.prefix: _("Base model"),
    CustomModel.prefix: _("Custom model"),
}


@dataclass(frozen=True)
class Subject:
    """As the desk shows it. `address` is its public page, where it has one; `maker` has trained it, where it is a custom model."""

    id: str
    kind: str | Promise
    name: str
    titles: list[str]
    address: str
    maker: User | None


def recognised(text: str) -> tuple[str, Studio | None]:
    """Its public id and its studio; ("", None) where nothing of ours is named. Says nothing to the claimant of what exists."""
    for named in ID.findall(text):
        row = _row(named)
        if row is not None:
            return named, _version(row).studio
    return "", None


def named(ids: Iterable[str]) -> dict[str, str]:
    """What the things with these public ids are called."""
    wanted = {each for each in ids if each}
    rows = [row for prefix in KINDS for row in _rows(prefix, [each for each in wanted if each.startswith(f"{prefix}_")])]
    return {row.public_id: _name(row) for row in rows}


def subject(public_id: str) -> Subject | None:
    row = _row(public_id) if public_id else None
    if row is None:
        return None
    titles = [title.name for title in _version(row).titles.order_by("name")]
    maker = row.owner if isinstance(row, CustomModel) else None
    return Subject(public_id, WORDS[row.prefix], _name(row), titles, _address(row), maker)


def starts(public_id: str) -> list[tuple[str, str]]:
    """Where a takedown may begin, as (id, name): what was meant, then the base and the titles that it stands on."""
    row = _row(public_id) if public_id else None
    if row is None:
        return []
    version = _version(row)
    found = dict([(public_id, _name(row)), (version.public_id, _name(version))])
    return [*found.items(), *((title.public_id, title.name) for title in version.titles.order_by("name"))]


def _row(public_id: str) -> Row | None:
    return next(iter(_rows(public_id.partition("_")[0], [public_id])), None)


def _rows(prefix: str, public_ids: list[str]) -> list[Row]:
    kind = KINDS[prefix]
    wanted = kind._default_manager.select_related(*WITH[prefix]).filter(pk__in=[kind.parse_id(each) for each in public_ids])
    return list(wanted) if public_ids else []


def _version(row: Row) -> BaseVersion:
    if isinstance(row, BaseVersion):
        return row
    if isinstance(row, CustomModel):
        row = row.licence.revision.tier
    offering = row.offering if isinstance(row, Tier) else row
    assert isinstance(offering, Offering)
    return offering.version


def _name(row: Row) -> str:
    if isinstance(row, Tier):
        return f"{row.offering.name} · {row.name}"
    if isinstance(row, BaseVersion):
        return f"{row.base.name} {row.version}"
    assert isinstance(row, Offering | CustomModel)
    return row.name


def _address(row: Row) -> str:
    if isinstance(row, Offering):
        return reverse("offering", args=[row.public_id])
    return reverse("tier", args=[row.public_id]) if isinstance(row, Tier) else ""
