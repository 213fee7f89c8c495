"""The keys of a platform over the years: a root that is kept offline, working keys that take turns, and the list that the root signs.

The root signs nothing but lists. A working key that has had its turn stays listed with its period, so that what it signed stays believed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from licensing.canonical import canonical
from licensing.dsse import Envelope
from licensing.keys import BadSigner, PublicKey
from licensing.signers import signer_from_pem
from licensing.trust import KeyList, Role, TrustRoot, WorkingKey, read_keys

# A new key may sign at once where clocks differ a little, and an old one finishes what is on its way.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True)
class Turn:
    """A fresh working key (PEM, to be kept from everybody) and the list, serialised, that names it and all before it."""

    working: bytes
    keys: bytes


def new_pem() -> bytes:
    """A fresh Ed25519 private key, as unencrypted PKCS #8."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def root_pem(root: bytes) -> str:
    """What everybody may have of the root."""
    return TrustRoot((signer_from_pem(root).public,)).to_pem()


def begin(root: bytes, now: datetime, period: timedelta) -> Turn:
    """The first working key, in every role."""
    return _turn(root, KeyList(0, ()), now, period)


def rotate(root: bytes, keys: bytes, now: datetime, period: timedelta) -> Turn:
    """The next one. Keys still in use end with the overlap; those that ended keep their period."""
    before = TrustRoot((signer_from_pem(root).public,)).key_list(read_keys(keys))
    ended = tuple(replace(key, ends_at=min(key.ends_at, now + OVERLAP)) for key in before.keys)
    return _turn(root, replace(before, keys=ended), now, period)


def _turn(root: bytes, before: KeyList, now: datetime, period: timedelta) -> Turn:
    pem = new_pem()
    moments = ((now - OVERLAP).replace(microsecond=0), (now + period).replace(microsecond=0))
    fresh = WorkingKey(signer_from_pem(pem).public, frozenset(Role), *moments)
    listed = KeyList(before.serial + 1, (*before.keys, fresh)).sign(signer_from_pem(root))
    return Turn(pem, canonical(listed.to_dict()))


def require_listed(public: PublicKey, keys: Envelope, root: TrustRoot, roles: frozenset[Role]) -> None:
    """Raises Rejected where the root did not sign the list, BadSigner where the list does not give the key these roles."""
    found = next((key for key in root.key_list(keys).keys if key.public == public), None)
    if found is None or not roles <= found.roles:
        raise BadSigner(f"Key {public.id[:16]} is not listed for {', '.join(sorted(roles))}.")
