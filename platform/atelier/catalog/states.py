"""Where a base model version stands, and where a sample of it does."""

from django.db.models import TextChoices

from atelier.kit.states import Machine


class VersionState(TextChoices):
    DRAFT = "draft", "files are coming in"
    CHECKING = "checking", "files are being checked"
    PUBLISHED = "published"
    REFUSED = "refused", "a file was not what it should be"
    WITHDRAWN = "withdrawn"


VERSION = Machine.of(
    VersionState,
    {
        VersionState.DRAFT: {VersionState.CHECKING},
        VersionState.CHECKING: {VersionState.PUBLISHED, VersionState.REFUSED},
        VersionState.REFUSED: {VersionState.CHECKING},
        VersionState.PUBLISHED: {VersionState.WITHDRAWN},
    },
)


class SampleState(TextChoices):
    ARRIVING = "arriving", "its file is coming in"
    CHECKING = "checking", "its file is being checked"
    READY = "ready"
    REFUSED = "refused", "the file is not what it should be"


SAMPLE = Machine.of(
    SampleState,
    {SampleState.ARRIVING: {SampleState.CHECKING}, SampleState.CHECKING: {SampleState.READY, SampleState.REFUSED}},
)
