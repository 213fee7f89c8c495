"""One stamped copy: fetched, certified, stored, loaded back from the store, and held against the original and the trust root."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.licences import consents, policies, signing
from atelier.licences.queries import database_now
from licensing import certificate, spdx, stamp, tensors
from licensing.certificate import Certificate
from licensing.context import Use
from licensing.findings import Malformed
from licensing.trust import Sealed
from licensing.verify import Question, verify

from . import marks
from .actions import filename
from .marks import Mark
from .models import ArtifactKind, CustomModel, Handover


class NotVerified(RuntimeError):
    """A copy that we have just made is not what it should be, or our own verifier does not believe it."""


@dataclass(frozen=True)
class Copy:
    """What an Outcome keeps of it. `sha256` is of the whole stamped file, as the store gives it back."""

    key: str
    sha256: str
    bytes: int
    tensors: str
    signed_by: str
    mark: Mark | None


def prepare(handover: Handover) -> Copy:
    """Safe to repeat: the key is the handover's. Refused where the original cannot be stamped or the store is away (503)."""
    with TemporaryDirectory(prefix="handover-") as folder:
        original, marked, stamped, back = (Path(folder) / name for name in ("original", "marked", "stamped", "back"))
        _fetch(handover, original)
        _digest(original)
        mark = marks.mark(handover, original, marked) if marks.due(handover) else None
        copied = marked if mark else original
        digest = _digest(copied)
        _write(copied, stamped, handover, _certify(handover, digest, mark))
        key = f"handovers/{handover.pk}/{filename(handover.source)}"
        store.put_file(store.MODELS, key, stamped)
        sha256 = store.get_file(store.MODELS, key, back)
        _require_same(handover, back, digest)
        return Copy(key, sha256, back.stat().st_size, digest, signing.keys().signer.public.id, mark)


def _fetch(handover: Handover, path: Path) -> None:
    source = handover.source
    if store.get_file(store.MODELS, source.key, path) != source.sha256:
        raise Refused("object_altered", "The file in the object store is not the one that the training made. Write to us.", status=500)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return tensors.digest(file)
    except Malformed as error:
        raise Refused("not_stampable", f"No certificate can be written into this file. {error.detail}", status=500) from error


def _certify(handover: Handover, digest: str, mark: Mark | None) -> Sealed:
    licence, keys, model = handover.licence, signing.keys(), _model(handover)
    said = Certificate(
        id=handover.public_id,
        name=filename(handover.source),
        tensors=digest,
        licence=licence.public_id,
        terms=licence.terms,
        licensee=licence.number,
        begins_at=licence.granted_at,
        ends_at=handover.ends_at,
        dataset=model.dataset_root if model else None,
        consents=consents.root(model.stands_on) if model else None,
        training=_training(model) if model else None,
        fingerprint=mark.public_id if mark else None,
        layout=handover.artifact.layout if handover.artifact else "diffusers",
        use=Use(**handover.use) if handover.use else None,
        issued_at=database_now(),
    )
    return certificate.issue(said, keys.signer, keys.keys)


def _model(handover: Handover) -> CustomModel | None:
    """Whose training made it; None for a house adapter that came as a file."""
    if handover.artifact:
        return handover.artifact.model
    adapter = handover.adapter
    return CustomModel.objects.filter(pk=adapter.model).first() if adapter and adapter.model else None


def _training(model: CustomModel) -> str | None:
    """The digest of the engine's own account of the run, which is one of the model's files."""
    manifest = model.artifacts.filter(kind=ArtifactKind.MANIFEST).first()
    return None if manifest is None else f"sha256:{manifest.sha256}"


def _write(original: Path, stamped: Path, handover: Handover, sealed: Sealed) -> None:
    licence = handover.licence
    notes = {
        "modelspec.license": f"Atelier {licence.public_id}, terms {licence.revision.terms_id}",
        "license": spdx.expression(licence.terms),
        "license_link": policies.address(licence),
    }
    with original.open("rb") as model, stamped.open("wb") as copy:
        stamp.stamp(model, copy, sealed, notes)


def _require_same(handover: Handover, back: Path, digest: str) -> None:
    """Judged as the customer will, with nothing but the file and the root."""
    if (found := _digest(back)) != digest:
        raise NotVerified(f"{handover}: the stamped tensors are {found}, the original's {digest}.")
    question = Question(root=signing.keys().root, at=database_now(), licensee=handover.licence.number)
    with back.open("rb") as file:
        result = verify(file, question)
    if not result:
        raise NotVerified(f"{handover}: {result.finding}: {result.detail}")
