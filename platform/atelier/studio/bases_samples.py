"""Checking a sample of a base model, on queue io: in the sandbox that also reads creators' clips. What was checked is what is kept, with
its content credential: that the base generated it, which is what its studio shows it as."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from atelier.catalog import samples
from atelier.catalog.models import Sample
from atelier.catalog.states import SampleState
from atelier.kit import outbox, store
from atelier.kit.ids import uuid7
from atelier.library.provenance import keys, signing
from atelier.library.provenance.manifest import About
from atelier.licences.queries import database_now
from atelier.material import sandbox
from atelier.material.inspection import examine
from atelier.material.problems import Problem

# What every browser plays. The first box of an .mp4 track's description names its codec (ISO/IEC 14496-12, 8.5.2).
PLAYED = re.compile(rb"stsd.{12}(avc1|avc3|av01|vp09)", re.DOTALL)
NOT_PLAYED = "A sample is an .mp4 with H.264, AV1 or VP9, which every browser plays, or a still .webp. Convert it and add it again."


@outbox.handles("studio.check_sample")
def check(sample: str) -> None:
    row = Sample.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=sample, state=SampleState.CHECKING).first()
    if row is None:
        return
    with TemporaryDirectory(prefix="atelier-sample-") as name:
        folder = Path(name)
        try:
            facts = examine(row, folder)
        except Problem as problem:
            samples.refuse(row, problem.sentence)
        else:
            _keep(row, facts, folder / "upload")


def _keep(row: Sample, facts: sandbox.Facts, path: Path) -> None:
    """Copies what was checked, signed, to where everybody may read it, under a name that was never used before."""
    if facts.suffix not in samples.CONTENT_TYPES or (facts.suffix == ".mp4" and not PLAYED.search(path.read_bytes())):
        return samples.refuse(row, NOT_PLAYED)
    if facts.duration > samples.MOST_SECONDS:
        return samples.refuse(row, f"A sample lasts at most {samples.MOST_SECONDS:.0f} seconds. Cut it and add it again.")
    folder, kind = f"samples/{row.version_id}/{row.id}-{uuid7().hex[-8:]}", samples.CONTENT_TYPES[facts.suffix]
    clean, thumb = f"{folder}{facts.suffix}", f"{folder}.jpg"
    about = About(row.public_id, row.version.base.name, row.version.version, database_now(), {"base": row.version.public_id})
    for key, data, media in ((clean, path.read_bytes(), kind), (thumb, facts.thumb, "image/jpeg")):
        store.put_bytes(store.MATERIAL, key, signing.signed(data, media, about, keys.keys())[0], media)
    kept = {"clean_key": clean, "thumb_key": thumb, "content_type": kind}
    samples.keep(row, {**kept, "width": facts.width, "height": facts.height, "seconds": facts.duration})
