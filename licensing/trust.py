"""Whom a verifier believes: root keys that it keeps itself, and the list of working keys that a root has signed.

The list travels with every signed document, so that working keys rotate without anybody fetching anything. Only the root is pinned, and it
is never read from the document. Of several lists signed by a root the one with the highest serial speaks: a newer list, which comes
along with every revocation list, takes a stolen key out of all older documents.
"""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from licensing import dsse, strict
from licensing.canonical import canonical
from licensing.dsse import Envelope
from licensing.findings import Finding, Malformed, Rejected
from licensing.keys import PublicKey, Signer

KEYS_TYPE = "application/vnd.atelier.keys+json"
VERSION = 1
MOST_KEYS = 200
ROOT_LIMIT = 64 << 10


class Role(StrEnum):
    CERTIFICATES = "certificates"
    CHECKPOINTS = "checkpoints"
    REVOCATIONS = "revocations"


@dataclass(frozen=True)
class WorkingKey:
    """A key and what it may sign, in documents issued from `begins_at` until before `ends_at`."""

    public: PublicKey
    roles: frozenset[Role]
    begins_at: datetime
    ends_at: datetime

    def to_dict(self) -> dict[str, Any]:
        return {
            "public": b64encode(self.public.raw).decode(),
            "roles": sorted(self.roles),
            "begins_at": strict.written(self.begins_at),
            "ends_at": strict.written(self.ends_at),
        }

    @classmethod
    def from_dict(cls, data: object) -> "WorkingKey":
        what = "A key of the key list"
        fields = strict.record(data, ("public", "roles", "begins_at", "ends_at"), what)
        begins_at, ends_at = (strict.moment(fields[name], f"{what}: {name}") for name in ("begins_at", "ends_at"))
        if begins_at >= ends_at:
            raise Malformed(f"{what} ends before it begins.")
        return cls(
            PublicKey(strict.base64(fields["public"], what)),
            frozenset(Role(name) for name in strict.listed(fields["roles"], _role, f"{what}: roles")),
            begins_at,
            ends_at,
        )


@dataclass(frozen=True)
class KeyList:
    """Every working key there is and was. A retired key stays listed with its period, or its documents are no longer believed."""

    serial: int
    keys: tuple[WorkingKey, ...]

    def sign(self, root: Signer) -> Envelope:
        return dsse.seal(KEYS_TYPE, canonical(self.to_dict()), root)

    def to_dict(self) -> dict[str, Any]:
        return {"version": VERSION, "serial": self.serial, "keys": [key.to_dict() for key in self.keys]}

    @classmethod
    def from_bytes(cls, payload: bytes) -> "KeyList":
        what = "The key list"
        fields = strict.record(strict.parse_canonical(payload, ROOT_LIMIT, what), ("version", "serial", "keys"), what)
        strict.version(fields["version"], VERSION, what)
        if not isinstance(fields["keys"], list) or len(fields["keys"]) > MOST_KEYS:
            raise Malformed(f"{what} does not hold a list of at most {MOST_KEYS} keys.")
        keys = tuple(WorkingKey.from_dict(key) for key in fields["keys"])
        if len({key.public for key in keys}) != len(keys):
            raise Malformed(f"{what} names a key twice.")
        return cls(strict.whole(fields["serial"], 1, f"{what}'s serial"), keys)

    def key_for(self, envelope: Envelope, role: Role, what: str) -> WorkingKey:
        """The key that the envelope names. That it did sign, and when, is still to be seen."""
        found = next((key for key in self.keys if key.public.id == envelope.key_id and role in key.roles), None)
        if found is None:
            raise Rejected(Finding.UNKNOWN_KEY, f"{what} names key {envelope.key_id[:16]}, which the root does not list for {role}.")
        return found


@dataclass(frozen=True)
class TrustRoot:
    """What the verifier keeps: one root key, or several while a new one takes over."""

    keys: tuple[PublicKey, ...]

    @classmethod
    def from_pem(cls, pem: bytes) -> "TrustRoot":
        """Text with one or more PEM blocks of Ed25519 public keys. Raises Malformed."""
        keys = PublicKey.all_from_pem(pem) if len(pem) <= ROOT_LIMIT else ()
        if not keys:
            raise Malformed("The trust root holds no PEM public key.")
        return cls(keys)

    def to_pem(self) -> str:
        return "".join(key.pem for key in self.keys)

    def key_list(self, envelope: Envelope) -> KeyList:
        root = next((key for key in self.keys if key.id == envelope.key_id), None)
        if root is None:
            raise Rejected(Finding.UNKNOWN_KEY, f"The key list is signed by {envelope.key_id[:16]}, which is not the trusted root.")
        return KeyList.from_bytes(envelope.open(KEYS_TYPE, root, "The key list"))

    def newest(self, envelopes: Iterable[Envelope]) -> KeyList:
        """The list that counts, of all that are at hand."""
        return max((self.key_list(envelope) for envelope in envelopes), key=lambda keys: keys.serial)


@dataclass(frozen=True)
class Sealed:
    """A signed document as it travels: its envelope, and the root's key list that says whose signature counts."""

    envelope: Envelope
    keys: Envelope

    @classmethod
    def from_bytes(cls, data: bytes, limit: int, what: str) -> "Sealed":
        fields = strict.record(strict.parse(data, limit, what), ("version", "envelope", "keys"), what)
        strict.version(fields["version"], VERSION, what)
        return cls(Envelope.from_dict(fields["envelope"], what), Envelope.from_dict(fields["keys"], f"{what}'s key list"))

    def to_bytes(self) -> bytes:
        return canonical({"version": VERSION, "envelope": self.envelope.to_dict(), "keys": self.keys.to_dict()})

    def open(self, payload_type: str, role: Role, keys: KeyList, what: str) -> tuple[bytes, WorkingKey]:
        key = keys.key_for(self.envelope, role, what)
        return self.envelope.open(payload_type, key.public, what), key


def read_keys(data: bytes) -> Envelope:
    """The signed key list from a file of its own, as the platform keeps it: the JSON of its envelope. Nothing in it is believed yet."""
    return Envelope.from_dict(strict.parse(data, 2 * ROOT_LIMIT, "The key list"), "The key list")


def require_period(key: WorkingKey, issued_at: datetime, what: str) -> None:
    """A key is known only for what was issued in its own time."""
    if not key.begins_at <= issued_at < key.ends_at:
        period = f"{strict.written(key.begins_at)} to {strict.written(key.ends_at)}"
        raise Rejected(Finding.UNKNOWN_KEY, f"{what} says {strict.written(issued_at)}, but its key was in use from {period}.")


def _role(value: object, what: str) -> str:
    if not isinstance(value, str) or value not in list(Role):
        raise Malformed(f"{what} is not one of {', '.join(Role)}.")
    return str(value)
