"""Checking a sample of a base model, on queue io: in the sandbox that also reads creators' clips. What was checked is what is kept."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from atelier.catalog import samples
from atelier.catalog.models import Sample
from atelier.catalog.states import SampleState
from atelier.kit import outbox, store
from atelier.kit.ids import uuid7
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
    """Copies the checked bytes to where everybody may read them, under a name that was never used before."""
    if facts.suffix not in samples.CONTENT_TYPES or (facts.suffix == ".mp4" and not PLAYED.search(path.read_bytes())):
        return samples.refuse(row, NOT_PLAYED)
    if facts.duration > samples.MOST_SECONDS:
        return samples.refuse(row, f"A sample lasts at most {samples.MOST_SECONDS:.0f} seconds. Cut it and add it again.")
    folder, kind = f"samples/{row.version_id}/{row.id}-{uuid7().hex[-8:]}", samples.CONTENT_TYPES[facts.suffix]
    clean, thumb = f"{folder}{facts.suffix}", f"{folder}.jpg"
    store.put_file(store.MATERIAL, clean, path, kind)
    store.put_bytes(store.MATERIAL, thumb, facts.thumb, "image/jpeg")
    kept = {"clean_key": clean, "thumb_key": thumb, "content_type": kind}
    samples.keep(row, {**kept, "width": facts.width, "height": facts.height, "seconds": facts.duration})
