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
    TrainingState.PAUSED.value: gettext_lazy("paused by its creator"),
    TrainingState.FINISHING.value: gettext_lazy("being finished"),
    TrainingState.DONE.value: gettext_lazy("done"),
    TrainingState.CANCELLED.value: gettext_lazy("cancelled"),
    TrainingState.REJECTED.value: gettext_lazy("right taken back"),
    TrainingState.WITHDRAWN.value: gettext_lazy("material taken down"),
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
BAD = (
    *(state.value for state in (TrainingState.REJECTED, TrainingState.WITHDRAWN, TrainingState.FAILED_SYSTEM, TrainingState.FAILED_USER)),
    HandoverState.FAILED.value,
)
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


# What a kind of deed of the log is called where it can be chosen; as a sentence each is in `told`.
DEEDS: Words = {
    "studio.open": gettext_lazy("studio opened"),
    "studio.close": gettext_lazy("studio closed"),
    "studio.add_member": gettext_lazy("member added"),
    "studio.invite": gettext_lazy("invitation sent"),
    "studio.withdraw_invitation": gettext_lazy("invitation withdrawn"),
    "studio.join": gettext_lazy("invitation accepted"),
    "studio.change_role": gettext_lazy("role changed"),
    "studio.remove_member": gettext_lazy("member removed"),
    "studio.leave": gettext_lazy("member left"),
    "studio.require_two_step": gettext_lazy("two-step sign-in required"),
    "title.add": gettext_lazy("title added"),
    "title.correct": gettext_lazy("title corrected"),
    "title.clearance": gettext_lazy("clearance said"),
    "title.cast": gettext_lazy("performer named for a title"),
    "title.uncast": gettext_lazy("performer taken off a title"),
    "performer.add": gettext_lazy("performer recorded"),
    "performer.revise": gettext_lazy("performer’s consent revised"),
    "performer.withdraw": gettext_lazy("performer’s consent taken back"),
    "base.open": gettext_lazy("base model begun"),
    "base.publish": gettext_lazy("base model handed in"),
    "base.published": gettext_lazy("base model published"),
    "base.refused": gettext_lazy("base model refused"),
    "base.withdraw": gettext_lazy("base model withdrawn"),
    "adapter.open": gettext_lazy("house adapter begun"),
    "adapter.publish": gettext_lazy("house adapter handed in"),
    "adapter.published": gettext_lazy("house adapter published"),
    "adapter.refused": gettext_lazy("house adapter refused"),
    "adapter.hand_over": gettext_lazy("copy of a house adapter asked"),
    "adapter.certify": gettext_lazy("certificate written into a house adapter"),
    "adapter.link": gettext_lazy("house adapter downloaded"),
    "offering.open": gettext_lazy("offering opened"),
    "tier.open": gettext_lazy("tier put on sale"),
    "tier.revise": gettext_lazy("tier revised"),
    "tier.close": gettext_lazy("tier taken off sale"),
    "tier.reopen": gettext_lazy("tier put on sale again"),
    "sample.add": gettext_lazy("sample added"),
    "sample.ready": gettext_lazy("sample checked"),
    "sample.refuse": gettext_lazy("sample refused"),
    "sample.remove": gettext_lazy("sample removed"),
    "order.open": gettext_lazy("purchase begun"),
    "order.paid": gettext_lazy("purchase paid"),
    "order.expired": gettext_lazy("purchase left without paying"),
    "order.mismatch": gettext_lazy("purchase put aside"),
    "order.foreign_payment": gettext_lazy("payment that is not ours"),
    "order.refund_asked": gettext_lazy("refund asked"),
    "order.refund_failed": gettext_lazy("refund failed"),
    "order.refunded": gettext_lazy("money paid back"),
    "order.disputed": gettext_lazy("payment disputed"),
    "order.dispute_won": gettext_lazy("dispute won"),
    "order.dispute_lost": gettext_lazy("dispute lost"),
    "licence.grant": gettext_lazy("licence granted"),
    "licence.suspend": gettext_lazy("licence suspended"),
    "licence.restore": gettext_lazy("licence restored"),
    "licence.revoke": gettext_lazy("licence revoked"),
    "licence.base_download": gettext_lazy("base model downloaded"),
    "seat.offer": gettext_lazy("seat offered"),
    "seat.withdraw": gettext_lazy("offer of a seat withdrawn"),
    "seat.take": gettext_lazy("seat taken"),
    "seat.end": gettext_lazy("seat taken back"),
    "seat.leave": gettext_lazy("seat given up"),
    "training.quote": gettext_lazy("quote asked"),
    "training.start": gettext_lazy("training started"),
    "training.done": gettext_lazy("training done"),
    "training.cancel": gettext_lazy("stop asked"),
    "training.preflight": gettext_lazy("training taken by a worker"),
    "training.running": gettext_lazy("first step taken"),
    "training.finishing": gettext_lazy("last step taken"),
    "training.queued": gettext_lazy("training back in the queue"),
    "training.requeue": gettext_lazy("training given to another worker"),
    "training.pause": gettext_lazy("pause asked"),
    "training.paused": gettext_lazy("training paused"),
    "training.resume": gettext_lazy("training resumed"),
    "training.finish": gettext_lazy("finished early"),
    "training.withdrawn": gettext_lazy("training stopped by a takedown"),
    "training.cancelled": gettext_lazy("training cancelled"),
    "training.rejected": gettext_lazy("training stopped, right taken back"),
    "training.failed_user": gettext_lazy("training failed on its material"),
    "training.failed_system": gettext_lazy("training failed by our fault"),
    "model.publish": gettext_lazy("model made"),
    "model.hand_over": gettext_lazy("copy asked"),
    "model.certify": gettext_lazy("certificate written"),
    "model.link": gettext_lazy("model downloaded"),
    "model.rename": gettext_lazy("model renamed"),
    "model.declare": gettext_lazy("use declared"),
    "model.withdraw": gettext_lazy("model withdrawn"),
    "takedown.begin": gettext_lazy("takedown"),
    "takedown.lift": gettext_lazy("takedown lifted"),
    "takedown.tier": gettext_lazy("tier taken off sale by a takedown"),
    "takedown.tier_back": gettext_lazy("tier back on sale"),
    "takedown.model": gettext_lazy("model taken down"),
    "takedown.handover": gettext_lazy("certificate revoked by a takedown"),
}
ABOUT: Words = {
    "studio.": gettext_lazy("the studio and its people"),
    "title.": gettext_lazy("titles"),
    "performer.": gettext_lazy("performers"),
    "base.": gettext_lazy("base models"),
    "adapter.": gettext_lazy("house adapters"),
    "offering.": gettext_lazy("offerings"),
    "tier.": gettext_lazy("tiers"),
    "sample.": gettext_lazy("samples"),
    "order.": gettext_lazy("purchases"),
    "licence.": gettext_lazy("licences"),
    "seat.": gettext_lazy("seats"),
    "training.": gettext_lazy("trainings"),
    "model.": gettext_lazy("custom models"),
    "takedown.": gettext_lazy("takedowns"),
}


def deed(action: str) -> str | Promise:
    """An action of the log, or all that begin alike (`tier.`), in words; one that is not known here as it is."""
    return DEEDS.get(action) or ABOUT.get(action) or action


def tone(state: str) -> str:
    """The class of a state's badge."""
    return "good" if state in GOOD else "bad" if state in BAD else "lamp" if state in LIVE else ""
