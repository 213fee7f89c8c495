"""What states, kinds and declared uses are called on the studio's pages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from atelier.accounts.models import Role
from atelier.library.states import HandoverState
from atelier.trainings.states import TrainingState

from .queries import BASE, DOWNLOAD, TAKEN, TRAINING

Words = dict[str, str | Promise]
KINDS: Words = {
    TRAINING: gettext_lazy("training"),
    DOWNLOAD: gettext_lazy("download of a model"),
    BASE: gettext_lazy("download of the base"),
}
TRAININGS: Words = {
    TrainingState.QUEUED.value: gettext_lazy("waiting"),
    TrainingState.PREFLIGHT.value: gettext_lazy("being prepared"),
    TrainingState.RUNNING.value: gettext_lazy("running"),
    TrainingState.FINISHING.value: gettext_lazy("being finished"),
    TrainingState.DONE.value: gettext_lazy("done"),
    TrainingState.CANCELLED.value: gettext_lazy("cancelled"),
    TrainingState.REJECTED.value: gettext_lazy("right taken back"),
    TrainingState.FAILED_USER.value: gettext_lazy("failed: its material"),
    TrainingState.FAILED_SYSTEM.value: gettext_lazy("failed: our fault"),
}
DOWNLOADS: Words = {
    HandoverState.PREPARING.value: gettext_lazy("in preparation"),
    HandoverState.READY.value: gettext_lazy("handed over"),
    HandoverState.FAILED.value: gettext_lazy("not handed over"),
    TAKEN: gettext_lazy("downloaded"),
}
STATES: Words = TRAININGS | DOWNLOADS
GOOD = (TrainingState.DONE.value, HandoverState.READY.value, TAKEN)
BAD = (TrainingState.REJECTED.value, TrainingState.FAILED_SYSTEM.value, TrainingState.FAILED_USER.value, HandoverState.FAILED.value)
LIVE = (TrainingState.PREFLIGHT.value, TrainingState.RUNNING.value, TrainingState.FINISHING.value)
LICENCES: Words = {
    "active": gettext_lazy("active"),
    "suspended": gettext_lazy("suspended"),
    "revoked": gettext_lazy("revoked"),
    "expired": gettext_lazy("expired"),
}
ROLES: Words = {
    Role.OWNER.value: gettext_lazy("owner"),
    Role.ADMIN.value: gettext_lazy("admin"),
    Role.AUDITOR.value: gettext_lazy("auditor"),
}


def tone(state: str) -> str:
    """The class of a state's badge."""
    return "good" if state in GOOD else "bad" if state in BAD else "lamp" if state in LIVE else ""
