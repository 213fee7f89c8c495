"""Whether a model file is what its certificate says, and may still be used. Needs the file, a pinned root key and a time."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from licensing import certificate as certificates
from licensing import revocations as lists
from licensing import stamp, strict, tensors
from licensing.certificate import Certificate
from licensing.findings import Finding, Rejected
from licensing.revocations import Revocations
from licensing.tensors import Readable
from licensing.trust import KeyList, Sealed, TrustRoot


@dataclass(frozen=True)
class Result:
    """`tensors`: the digest of what is in the file now. `certificate` only when its signature and its tensors are right."""

    finding: Finding
    detail: str
    tensors: str | None = None
    certificate: Certificate | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return self.finding is Finding.OK

    def to_dict(self) -> dict[str, Any]:
        known = self.certificate
        return {
            "ok": bool(self),
            "code": str(self.finding),
            "detail": self.detail,
            "licence": known and known.licence,
            "terms": known and known.terms.id,
            "licensee": known and known.licensee,
            "tensors": self.tensors,
        }


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a verifier holds against the file. Without `revocations` nothing is known about revocation, and the answer says so."""

    root: TrustRoot
    at: datetime  # aware
    revocations: bytes | None = None
    licensee: int | None = None


def verify(model: Readable, question: Question, beside: bytes | None = None) -> Result:
    """Never raises for what the file, the certificate or the list hold. `model` is read once, to its end.

    `beside`: the certificate from a file of its own, which counts only where the model carries none.
    """
    result = Result(Finding.OK, "")
    try:
        header = tensors.read_header(model)
        result = replace(result, tensors=tensors.data_digest(header, model))
        sealed = certificates.read(_carried(header.metadata.get(stamp.KEY), beside))
        listed = None if question.revocations is None else lists.read(question.revocations)
        keys = _keys(question.root, sealed, listed)
        certificate = certificates.open_certificate(sealed, keys)
        certificates.require_tensors(certificate, result.tensors or "")
        result = replace(result, certificate=certificate)
        revocations = None if listed is None else lists.open_revocations(listed, keys)
        return replace(result, detail=_judge(certificate, question, revocations))
    except Rejected as rejected:
        return replace(result, finding=rejected.finding, detail=rejected.detail)


def _carried(inside: str | None, beside: bytes | None) -> bytes:
    if inside is not None:
        return inside.encode()
    if beside is None:
        raise Rejected(Finding.NO_CERTIFICATE, "The model carries no certificate, and none lies beside it.")
    return beside


def _keys(root: TrustRoot, sealed: Sealed, listed: Sealed | None) -> KeyList:
    return root.newest([sealed.keys] if listed is None else [sealed.keys, listed.keys])


def _judge(certificate: Certificate, question: Question, revocations: Revocations | None) -> str:
    """The sentence of a good answer. Raises Rejected for every other."""
    _require_licensee(certificate, question.licensee)
    if question.at < certificate.issued_at:
        detail = f"The certificate is of {strict.written(certificate.issued_at)}, but the clock says {strict.written(question.at)}."
        raise Rejected(Finding.CLOCK_BEFORE_ISSUE, detail)
    if revocations is not None and (revoked := revocations.names(certificate)):
        raise Rejected(Finding.REVOKED, f"The studio has taken back {revoked} (revocation list {revocations.serial}).")
    if certificate.ends_at is not None and question.at >= certificate.ends_at:
        raise Rejected(Finding.EXPIRED, f"Licence {certificate.licence} ended at {strict.written(certificate.ends_at)}.")
    good = f"The tensors are those that were certified for licensee {certificate.licensee} under licence {certificate.licence}."
    if revocations is None:
        return f"{good} Revocation was not looked at: no list was given."
    lists.require_fresh(revocations, question.at)
    return f"{good} Revocation list {revocations.serial} does not name it."


def _require_licensee(certificate: Certificate, licensee: int | None) -> None:
    if licensee is not None and certificate.licensee != licensee:
        raise Rejected(Finding.WRONG_LICENSEE, f"The licence belongs to licensee {certificate.licensee}, not to licensee {licensee}.")
