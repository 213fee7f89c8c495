"""Where a base model version stands, a house adapter, a sample; and what is known of the rights in a title."""

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


class ClearanceState(TextChoices):
    """Not a machine: whoever answers for the rights says what is so, and may say something else tomorrow. Each saying stays."""

    PENDING = "pending", "nobody has looked yet, or the search goes on"
    CLEARED = "cleared", "the rights that training needs are there"
    EXCLUDED = "excluded", "nothing may learn from it"


class Basis(TextChoices):
    """On what a clearance rests."""

    OWNED = "owned", "the studio holds the rights itself"
    LICENSED = "licensed", "the rights are licensed to the studio"
    PUBLIC_DOMAIN = "public_domain", "nobody holds them any more"
