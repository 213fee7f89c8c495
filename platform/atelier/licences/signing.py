"""The keys that certificates, revocation lists and checkpoints are signed with, as the environment brings them."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from licensing import keyring
from licensing.dsse import Envelope
from licensing.findings import Rejected
from licensing.keys import BadSigner, Signer
from licensing.signers import signer_from_pem
from licensing.trust import Role, TrustRoot, read_keys

T = TypeVar("T")
ROLES = frozenset(Role)


@dataclass(frozen=True)
class Keys:
    """`signer` may sign what `keys` says, which `root` has signed."""

    signer: Signer
    keys: Envelope
    root: TrustRoot


def keys() -> Keys:
    """Raises ImproperlyConfigured naming the setting, never its value, where one cannot be read or they do not belong together."""
    return _keys(settings.CERTIFICATE_KEY, settings.CERTIFICATE_KEYS, settings.TRUST_ROOT)


@cache
def _keys(key: str, listed: str, root: str) -> Keys:
    found = Keys(
        _read("CERTIFICATE_KEY", key, signer_from_pem),
        _read("CERTIFICATE_KEYS", listed, read_keys),
        _read("TRUST_ROOT", root, TrustRoot.from_pem),
    )
    try:
        keyring.require_listed(found.signer.public, found.keys, found.root, ROLES)
    except (Rejected, BadSigner) as error:
        raise ImproperlyConfigured(f"CERTIFICATE_KEY, CERTIFICATE_KEYS and TRUST_ROOT do not belong together: {error}") from error
    return found


def _read(name: str, value: str, reader: Callable[[bytes], T]) -> T:
    """The value is the text itself, which begins with a dash or a brace, or its base64."""
    try:
        text = value.strip().encode()
        return reader(text if text[:1] in (b"-", b"{") else b64decode(text, validate=True))
    except (ValueError, BadSigner):
        raise ImproperlyConfigured(f"{name} is not what `python -m licensing keys begin` writes.") from None
