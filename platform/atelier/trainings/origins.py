"""Training on: a run that begins with what an earlier one learned. Its model stands on all that the earlier one stood on."""

from typing import Any

from atelier.accounts.models import User
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused
from atelier.library.models import Artifact, ArtifactKind, CustomModel
from atelier.library.states import ModelState
from atelier.licences.models import Licence
from finetune.job import Frozen

from .models import Training

# The layout that the engine reads; a base with two transformers has two files of it, and is not gone on from here.
LAYOUT = "diffusers"
SAME = ("rank", "alpha")


def weights(origin: CustomModel) -> Artifact:
    """The file that the engine begins with."""
    found = list(origin.artifacts.filter(kind=ArtifactKind.WEIGHTS, layout=LAYOUT))
    if len(found) != 1:
        raise Refused("cannot_train_on", "This model cannot be trained on: begin afresh with its settings.")
    return found[0]


def frozen(origin: CustomModel | None) -> Frozen | None:
    """As the job names it; the path is the worker's to fill in."""
    return Frozen("origin", f"sha256:{weights(origin).sha256}") if origin else None


def require(origin: CustomModel, owner: User, licence: Licence, knobs: dict[str, Any]) -> None:
    """Hers, there, of this very licence, and an adapter of the same shape; else Refused."""
    if origin.owner_id != owner.pk:
        raise not_found()
    if origin.state != ModelState.PUBLISHED:
        raise Refused("origin_withdrawn", "The model to go on from was withdrawn. Begin afresh.")
    if origin.licence_id != licence.pk:
        raise Refused("origin_elsewhere", "A training goes on only under the licence of the model that it goes on from.", status=422)
    weights(origin)
    before = Training.objects.select_related("quote").get(pk=origin.training).quote.knobs
    for name in SAME:
        if float(knobs[name]) != float(before[name]):
            raise Refused(
                "origin_shape",
                "The model that it goes on from has %(was)s here, and what goes on from it needs the same.",
                status=422,
                field=f"knobs.{name}",
                was=f"{before[name]:g}",
            )
