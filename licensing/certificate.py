"""The certificate of one handed-over file: an in-toto Statement v1 about its tensors, in a DSSE envelope.

The subject is the tensor digest and not the file's: a file cannot hold its own hash, and must survive that its metadata is saved anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from licensing import dsse, strict
from licensing.canonical import canonical
from licensing.context import BadContext, Use
from licensing.dsse import Envelope
from licensing.findings import Finding, Malformed, Rejected
from licensing.keys import Signer
from licensing.terms import BadTerms, Terms
from licensing.trust import KeyList, Role, Sealed, require_period

STATEMENT_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://atelier.example/licence-certificate/v1"
LIMIT = 256 << 10
WHAT = "The certificate"
# The subject is named after the file, with this behind it: what is hashed are the file's tensors, not all of its bytes.
SUBJECT_SUFFIX = "#tensors"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What one file is, who may use it, and from what it was made. Digests are "sha256:…", moments aware, in whole seconds.

    Every way to make one checks every field and raises Malformed. Nothing here names a person: `licensee` is a number.
    """

    id: str
    name: str  # of the file at handover; only a label
    tensors: str  # what tensors.digest() says of the file
    licence: str
    terms: Terms
    licensee: int
    begins_at: datetime
    ends_at: datetime | None  # None: without end
    dataset: str | None  # root of the sealed dataset; None where nothing was trained
    consents: str | None  # root over the consent records; None where nobody is recognisable
    training: str | None  # digest of the training's manifest
    fingerprint: str | None  # id of the pattern in this copy
    layout: str
    use: Use | None  # what the project declared when the file was handed over
    issued_at: datetime

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(getattr(self, name), f"{WHAT}: {name}"))
        if self.issued_at < self.begins_at or (self.ends_at is not None and self.issued_at >= self.ends_at):
            raise Malformed("The certificate is issued outside the period of its licence.")

    @property
    def base(self) -> str:
        """Digest of the base model (or base and house adapter) that the terms license."""
        return self.terms.base_digest

    def predicate(self, key_id: str) -> dict[str, Any]:
        said = {field.name: _plain(getattr(self, field.name)) for field in fields(self) if field.name not in ("name", "tensors")}
        return said | {"terms_id": self.terms.id, "base": self.base, "key": key_id}

    def statement(self, key_id: str) -> dict[str, Any]:
        subject = {"name": self.name + SUBJECT_SUFFIX, "digest": {"sha256": self.tensors.removeprefix("sha256:")}}
        return {"_type": STATEMENT, "subject": [subject], "predicateType": PREDICATE, "predicate": self.predicate(key_id)}

    @classmethod
    def from_statement(cls, statement: object, key_id: str) -> "Certificate":
        """The certificate that `key_id` signed. Raises Malformed."""
        outer = strict.record(statement, ("_type", "subject", "predicateType", "predicate"), WHAT)
        if (outer["_type"], outer["predicateType"]) != (STATEMENT, PREDICATE):
            raise Malformed(f"{WHAT} is a statement of a kind or version that is not known.")
        name, tensors = _subject(outer["subject"])
        names = {field.name for field in fields(cls)} - {"name", "tensors"} | {"terms_id", "base", "key"}
        said = dict(strict.record(outer["predicate"], names, WHAT))
        derived = said.pop("terms_id"), said.pop("base"), said.pop("key")
        said |= {name: _moment_or_none(said[name], f"{WHAT}: {name}") for name in ("begins_at", "ends_at", "issued_at")}
        read = cls(name=name, tensors=tensors, **(said | {"terms": _terms(said["terms"]), "use": _use(said["use"])}))
        if derived != (read.terms.id, read.base, key_id):
            raise Malformed(f"{WHAT} contradicts itself: its terms, their id, the base or the key are not those of one licence.")
        return read


def issue(certificate: Certificate, signer: Signer, keys: Envelope) -> Sealed:
    """`keys`: the root's newest list, which must name the signer for certificates. Whether it does is seen by whoever verifies."""
    return Sealed(dsse.seal(STATEMENT_TYPE, canonical(certificate.statement(signer.public.id)), signer), keys)


def open_certificate(sealed: Sealed, keys: KeyList) -> Certificate:
    """What is certified, once a listed key signed it in its own time. Raises Rejected."""
    payload, key = sealed.open(STATEMENT_TYPE, Role.CERTIFICATES, keys, WHAT)
    certificate = Certificate.from_statement(strict.parse_canonical(payload, LIMIT, WHAT), key.public.id)
    require_period(key, certificate.issued_at, WHAT)
    return certificate


def read(data: bytes) -> Sealed:
    """The certificate as it stands in a file. Nothing in it is believed yet."""
    return Sealed.from_bytes(data, LIMIT, WHAT)


def require_tensors(certificate: Certificate, digest: str) -> None:
    if certificate.tensors != digest:
        detail = "The tensors are not those that were certified: they were changed, or the certificate belongs to another file."
        raise Rejected(Finding.TAMPERED, detail)


def _subject(subjects: object) -> tuple[str, str]:
    if not isinstance(subjects, list) or len(subjects) != 1:
        raise Malformed(f"{WHAT} is not about exactly one file.")
    subject = strict.record(subjects[0], ("name", "digest"), f"{WHAT}'s subject")
    named = strict.text(subject["name"], f"{WHAT}'s subject")
    digest = strict.record(subject["digest"], ("sha256",), f"{WHAT}'s subject")["sha256"]
    if not named.endswith(SUBJECT_SUFFIX) or not isinstance(digest, str):
        raise Malformed(f"{WHAT} is not about the tensors of a file.")
    return named.removesuffix(SUBJECT_SUFFIX), f"sha256:{digest}"


def _terms(value: object) -> Terms:
    try:
        terms = Terms.from_dict(value)
    except BadTerms as error:
        raise Malformed(f"{WHAT}'s terms cannot be: {error}") from error
    if terms.to_dict() != value:
        raise Malformed(f"{WHAT}'s terms are not in their canonical form.")
    return terms


def _use(value: object) -> Use | None:
    if value is None:
        return None
    said = strict.record(value, ("stage", "media", "territories", "commercial"), f"{WHAT}: use")
    try:
        use = Use(said["stage"], said["media"], said["territories"], said["commercial"])
    except BadContext as error:
        raise Malformed(f"{WHAT}: use: {error}") from error
    if _plain(use) != value:
        raise Malformed(f"{WHAT}: use is not in its canonical form.")
    return use


def _plain(value: Any) -> Any:
    if isinstance(value, Terms):
        return value.to_dict()
    if isinstance(value, Use):
        lists = {"media": list(value.media), "territories": list(value.territories)}
        return {"stage": value.stage, "commercial": value.commercial} | lists
    return strict.written(value) if isinstance(value, datetime) else value


def _optional(check: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda value, what: None if value is None else check(value, what)


def _moment_or_none(value: object, what: str) -> datetime | None:
    return None if value is None else strict.moment(value, what)


def _seconds(value: object, what: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Malformed(f"{what} is not a moment with its time zone.")
    return value.astimezone(UTC).replace(microsecond=0)


def _instance(kind: type) -> Callable[[Any, str], Any]:
    def check(value: Any, what: str) -> Any:
        if not isinstance(value, kind):
            raise Malformed(f"{what} is not {kind.__name__}.")
        return value

    return check


def _declared(value: Any, what: str) -> Use:
    use: Use = _instance(Use)(value, what)
    for word in (use.stage, *use.media, *use.territories):
        strict.text(word, what)
    return use


_CHECKS: Mapping[str, Callable[[Any, str], Any]] = {
    "id": strict.identifier,
    "name": lambda value, what: strict.text(value, what, 200),
    "tensors": strict.digest,
    "licence": strict.identifier,
    "terms": _instance(Terms),
    "licensee": lambda value, what: strict.whole(value, 1, what),
    "begins_at": _seconds,
    "ends_at": _optional(_seconds),
    "dataset": _optional(strict.digest),
    "consents": _optional(strict.digest),
    "training": _optional(strict.digest),
    "fingerprint": _optional(strict.identifier),
    "layout": strict.identifier,
    "use": _optional(_declared),
    "issued_at": _seconds,
}
