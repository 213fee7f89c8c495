"""Where a base model version stands."""

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
