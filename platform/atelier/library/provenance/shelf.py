"""Signed copies of what lies in the object store."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from atelier.kit import store
from atelier.licences.models import Licence

from . import reading, signing
from .keys import keys
from .manifest import About
from .reading import Found

MEDIA = reading.TYPES


@dataclass(frozen=True)
class Signed:
    """A signed copy. `sha256` and `bytes` are the copy's."""

    key: str
    sha256: str
    bytes: int
    found: Found


def about(licence: Licence, title: str, made_at: datetime, **ids: str) -> About:
    """Of what was made under the licence: its base model is the agent."""
    offering = licence.revision.tier.offering
    named = {"offering": offering.public_id, "base": offering.version.public_id, **ids}
    return About(title, offering.name, offering.version.version, made_at, named)


def sign(where: str, source: str, about: About) -> Signed:
    """The copy lies beside what it was made of, in a folder of its own, so that whatever deletes one deletes the other. Raises what
    signing.signed does; a store that is away is Refused (503)."""
    path = PurePosixPath(source)
    key, media = str(path.parent / about.title / path.name), MEDIA[path.suffix]
    made, found = signing.signed(store.get_bytes(where, source), media, about, keys())
    store.put_bytes(where, key, made, media)
    return Signed(key, hashlib.sha256(made).hexdigest(), len(made), found)
