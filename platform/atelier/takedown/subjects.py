"""What a notice is about: the first id of ours in what the claimant pasted."""

import re

from atelier.accounts.models import Studio
from atelier.catalog.models import BaseVersion, Offering, Tier
from atelier.kit.models import Row
from atelier.library.models import CustomModel

ID = re.compile(r"(?:off|tir|bsv|mdl)_[0-9a-f]{32}")


def recognised(text: str) -> tuple[str, Studio | None]:
    """Its public id and its studio; ("", None) where nothing of ours is named. Says nothing to the claimant of what exists."""
    for named in ID.findall(text):
        row = _row(named)
        if row is not None:
            return named, _studio(row)
    return "", None


def _row(public_id: str) -> Row | None:
    kinds: dict[str, type[Row]] = {kind.prefix: kind for kind in (Offering, Tier, BaseVersion, CustomModel)}
    kind = kinds[public_id.partition("_")[0]]
    return kind._default_manager.filter(pk=kind.parse_id(public_id)).first()


def _studio(row: Row) -> Studio:
    if isinstance(row, CustomModel):
        return row.licence.studio
    if isinstance(row, Tier):
        return row.offering.studio
    assert isinstance(row, Offering | BaseVersion)
    return row.studio
