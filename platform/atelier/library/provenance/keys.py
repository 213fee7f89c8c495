"""The keys that previews are signed with, as the environment brings them."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from atelier.kit import keyfiles
from licensing import credentials
from licensing.credentials import CLOCK, PREVIEWS, Identity
from licensing.keys import BadSigner


@dataclass(frozen=True)
class Keys:
    """`anchors` (PEM) are those that `signer` and `clock` stand under, and those of before."""

    signer: Identity
    clock: Identity
    anchors: str


def keys() -> Keys:
    """Raises ImproperlyConfigured naming the setting, never its value, where one cannot be read or they do not belong together."""
    return _keys(settings.PREVIEW_KEY, settings.PREVIEW_CLOCK, settings.PREVIEW_ANCHORS)


def anchors() -> str:
    """What everybody may have: whoever reads a preview elsewhere believes it by these."""
    return keyfiles.read("PREVIEW_ANCHORS", settings.PREVIEW_ANCHORS, _pem).decode()


def held() -> bool:
    """Whether this process can sign at all. One that trains need not."""
    return bool(settings.PREVIEW_KEY or settings.PREVIEW_CLOCK)


@cache
def _keys(key: str, clock: str, anchors: str) -> Keys:
    believed = keyfiles.read("PREVIEW_ANCHORS", anchors, _pem)
    return Keys(_identity("PREVIEW_KEY", key, PREVIEWS, believed), _identity("PREVIEW_CLOCK", clock, CLOCK, believed), believed.decode())


def _identity(name: str, value: str, use: str, anchors: bytes) -> Identity:
    try:
        found = credentials.identity(keyfiles.read(name, value, _pem))
        credentials.require_anchored(found, use, anchors)
    except BadSigner as error:
        raise ImproperlyConfigured(f"{name} and PREVIEW_ANCHORS do not belong together: {error}") from None
    return found


def _pem(text: bytes) -> bytes:
    if not text.startswith(b"-----"):
        raise ValueError("no PEM")
    return text
