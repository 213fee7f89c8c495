"""The signed list of what was taken back. It has a maximum age: an old list does not say that all is well, it says nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from licensing import dsse, strict
from licensing.canonical import canonical
from licensing.certificate import Certificate
from licensing.dsse import Envelope
from licensing.findings import Finding, Malformed, Rejected
from licensing.keys import Signer
from licensing.trust import KeyList, Role, Sealed, require_period

TYPE = "application/vnd.atelier.revocations+json"
VERSION = 1
LIMIT = 32 << 20
LONGEST_AGE_SECONDS = 366 * 86_400
WHAT = "The revocation list"
_NAMES = ("version", "serial", "issued_at", "max_age_seconds", "licences", "certificates", "models")


@dataclass(frozen=True, kw_only=True)
class Revocations:
    """All that is revoked now, not what was added last. `serial` grows with every list.

    A licence takes all its certificates along, a certificate is one handed-over copy, a model (its tensor digest) is one set of weights
    whoever holds it. Lists are kept sorted and without repetition.
    """

    serial: int
    issued_at: datetime
    max_age_seconds: int
    licences: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.max_age_seconds <= LONGEST_AGE_SECONDS:
            raise Malformed(f"{WHAT} does not have a maximum age of 1 to {LONGEST_AGE_SECONDS} seconds.")
        for name in ("licences", "certificates", "models"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    def sign(self, signer: Signer, keys: Envelope) -> Sealed:
        return Sealed(dsse.seal(TYPE, canonical(self.to_dict()), signer), keys)

    def to_dict(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "serial": self.serial,
            "issued_at": strict.written(self.issued_at),
            "max_age_seconds": self.max_age_seconds,
            "licences": list(self.licences),
            "certificates": list(self.certificates),
            "models": list(self.models),
        }

    @classmethod
    def from_bytes(cls, payload: bytes) -> "Revocations":
        said = strict.record(strict.parse_canonical(payload, LIMIT, WHAT), _NAMES, WHAT)
        strict.version(said["version"], VERSION, WHAT)
        return cls(
            serial=strict.whole(said["serial"], 1, f"{WHAT}'s serial"),
            issued_at=strict.moment(said["issued_at"], f"{WHAT}'s time"),
            max_age_seconds=strict.whole(said["max_age_seconds"], 1, f"{WHAT}'s maximum age"),
            licences=strict.listed(said["licences"], strict.identifier, f"{WHAT}: licences"),
            certificates=strict.listed(said["certificates"], strict.identifier, f"{WHAT}: certificates"),
            models=strict.listed(said["models"], strict.digest, f"{WHAT}: models"),
        )

    def names(self, certificate: Certificate) -> str | None:
        """What of this certificate is revoked, in words; None where nothing is."""
        if certificate.licence in self.licences:
            return f"licence {certificate.licence}"
        if certificate.id in self.certificates:
            return f"certificate {certificate.id}"
        return f"model {certificate.tensors}" if certificate.tensors in self.models else None


def read(data: bytes) -> Sealed:
    """The list as it came. Nothing in it is believed yet."""
    return Sealed.from_bytes(data, 2 * LIMIT, WHAT)


def open_revocations(sealed: Sealed, keys: KeyList) -> Revocations:
    """Raises Rejected: UNKNOWN_KEY, TAMPERED or MALFORMED. Age is asked of require_fresh()."""
    payload, key = sealed.open(TYPE, Role.REVOCATIONS, keys, WHAT)
    revocations = Revocations.from_bytes(payload)
    require_period(key, revocations.issued_at, WHAT)
    return revocations


def require_fresh(revocations: Revocations, at: datetime) -> None:
    if revocations.issued_at > at:
        detail = f"{WHAT} is of {strict.written(revocations.issued_at)}, but the clock says {strict.written(at)}."
        raise Rejected(Finding.CLOCK_BEFORE_ISSUE, detail)
    if at - revocations.issued_at > timedelta(seconds=revocations.max_age_seconds):
        hours = revocations.max_age_seconds // 3600
        detail = f"{WHAT} is of {strict.written(revocations.issued_at)} and counts for {hours} hours; fetch today's list."
        raise Rejected(Finding.LIST_STALE, detail)
