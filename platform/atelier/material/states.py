"""Where a dataset and its assets stand, and the question whether somebody can be recognised in one."""

from django.db.models import TextChoices

from atelier.kit.states import Machine


class DatasetState(TextChoices):
    OPEN = "open", "material is coming in"
    SEALED = "sealed", "nothing in it changes any more"
    WITHDRAWN = "withdrawn", "its owner took it back"


class AssetState(TextChoices):
    UPLOADING = "uploading", "parts are coming in"
    CHECKING = "checking", "the file is being checked"
    READY = "ready", "checked and usable"
    REFUSED = "refused", "not usable; the problem says why"
    REMOVED = "removed", "its owner took it out"


DATASET = Machine.of(
    DatasetState,
    {
        DatasetState.OPEN: {DatasetState.SEALED, DatasetState.WITHDRAWN},
        DatasetState.SEALED: {DatasetState.WITHDRAWN},
    },
)

ASSET = Machine.of(
    AssetState,
    {
        AssetState.UPLOADING: {AssetState.CHECKING, AssetState.REFUSED, AssetState.REMOVED},
        AssetState.CHECKING: {AssetState.READY, AssetState.REFUSED, AssetState.REMOVED},
        AssetState.READY: {AssetState.REMOVED},
        AssetState.REFUSED: {AssetState.REMOVED},
    },
)

# These hold quota.
LIVE = (AssetState.UPLOADING, AssetState.CHECKING, AssetState.READY)


class QuestionState(TextChoices):
    OPEN = "open", "nobody has answered yet"
    NOBODY = "nobody", "nobody can be recognised"
    CONSENTED = "consented", "whoever can be recognised has agreed"


# Until its dataset is sealed, an answer may be taken back and given anew.
QUESTION = Machine.of(QuestionState, {state: set(QuestionState) for state in QuestionState})
