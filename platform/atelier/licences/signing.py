"""The keys that certificates, revocation lists and checkpoints are signed with, as the environment brings them."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from atelier.kit import keyfiles
from licensing import keyring
from licensing.dsse import Envelope
from licensing.findings import Rejected
from licensing.keys import BadSigner, Signer
from licensing.signers import signer_from_pem
from licensing.trust import Role, TrustRoot, read_keys

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
        keyfiles.read("CERTIFICATE_KEY", key, signer_from_pem),
        keyfiles.read("CERTIFICATE_KEYS", listed, read_keys),
        keyfiles.read("TRUST_ROOT", root, TrustRoot.from_pem),
    )
    try:
        keyring.require_listed(found.signer.public, found.keys, found.root, ROLES)
    except (Rejected, BadSigner) as error:
        raise ImproperlyConfigured(f"CERTIFICATE_KEY, CERTIFICATE_KEYS and TRUST_ROOT do not belong together: {error}") from error
    return found
