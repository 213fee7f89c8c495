"""A training in words: where it stands, why it stopped, and how long things take. For the pages; the API speaks in codes."""

import math
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from atelier.kit.language import tongue
from licensing.texts import words

from .models import Training
from .retold import retold
from .states import TrainingState as S

NO_BREAK = "\u00a0"
TITLES: dict[str, Promise] = {
    S.QUEUED: _("Waiting for a worker"),
    S.PREFLIGHT: _("Getting ready"),
    S.RUNNING: _("Training"),
    S.PAUSED: _("Paused"),
    S.FINISHING: _("Storing the files"),
    S.DONE: _("Done"),
    S.CANCELLED: _("Cancelled"),
    S.REJECTED: _("Stopped: a right was taken back"),
    S.WITHDRAWN: _("Stopped: what it stands on was taken down"),
    S.FAILED_USER: _("Stopped: this cannot be trained"),
    S.FAILED_SYSTEM: _("Failed on our side"),
}
WHYS: dict[str, Promise] = {
    S.QUEUED: _(
        "Creators take turns: whoever has the fewest trainings at work comes first, then whoever has waited longest. "
        "Licences with the priority lane come before, at most three times in a row."
    ),
    S.PREFLIGHT: _("A worker fetches your clips and the base model, and tries two steps to see that everything fits."),
    S.RUNNING: _("The base stays as it is; a small model beside it learns from your clips."),
    S.PAUSED: _("You set it aside. No worker is bound to it, and nothing more is charged."),
    S.FINISHING: _("Every file is stored, read back and checked before we call it done."),
}
NEXTS: dict[str, Promise] = {
    S.QUEUED: _("Next, a worker fetches your clips. You may close this page: it goes on without you, and we write to you at the end."),
    S.PREFLIGHT: _("Next, the first step. You may close this page: it goes on without you."),
    S.RUNNING: _("After the last step it makes previews, writes the files for each tool, and checks them."),
    S.PAUSED: _("Resumed, it goes on from the last stored step, to the bit as if it had never stopped."),
    S.FINISHING: _("Next, your model is here to download."),
}
LANE = _(
    "Your licence gives it the priority lane: creators in it take turns among themselves, and after three of them comes one from the "
    "ordinary line."
)
# Why what waits is not taken yet; keys of operation.WHYS. Being next in line says it all.
WAITS: dict[str, Promise] = {
    "no_worker": _("No worker is there at the moment; it begins once one is back."),
    "all_draining": _("The workers are being serviced; it begins once one is back."),
    "busy": _("Every worker that it fits is busy."),
    "unfit": _("None of the workers that are there has what it needs; it begins once one that has is there."),
    "limit": _("As many of your trainings are at work as one creator may have at once; it begins once one of them is over."),
}
# What the engine is at, between and after the steps.
PHASES: dict[str, Promise] = {
    "preflight": _("trying whether it fits into memory"),
    "load": _("loading the base model"),
    "encode": _("reading your clips"),
    "validate": _("measuring on clips it does not learn from"),
    "train": _("learning"),
    "preview": _("making previews"),
    "export": _("writing the files"),
    "verify": _("loading each file back to compare"),
}
# How a worker's turn ended, when the training went on after it.
TURNS: dict[str, Promise] = {
    "lease_lost": _("Its worker fell silent and lost its turn."),
    "drained": _("Its worker was needed for maintenance and handed over."),
    "engine_died": _("The training engine stopped unexpectedly."),
    "store_unavailable": _("The file store did not answer."),
    "disk_full": _("The disk of its worker was full."),
    "resumed": _("You took the pause back while its worker was stopping."),
    "engine_start": _("The training engine did not start."),
    "late": _("Its worker had begun with another training before its files were there."),
}
ELSEWHERE = _("Its worker met a problem on our side.")


@dataclass(frozen=True)
class Ending:
    """Why it ended other than well, and what to do about it."""

    why: str
    do: str


def ending(row: Training) -> Ending:
    language = tongue()
    verdict = words(language).verdicts.get(row.code)
    if verdict and "{" not in verdict[0]:
        return Ending(*verdict)
    if row.code == "pause_expired":
        return Ending(gettext("It was paused for so long that what it held went back to your licence."), _after_cancel(row))
    if row.state == S.CANCELLED:
        why = gettext("You stopped it at step %(step)s of %(steps)s.") if row.step else gettext("You stopped it before its first step.")
        return Ending(why % {"step": number_format(row.step), "steps": number_format(row.steps)}, _after_cancel(row))
    if row.code == "material_withdrawn":
        return Ending(
            gettext("Its dataset was withdrawn."), gettext("Choose another dataset, or seal this one anew without what was withdrawn.")
        )
    if row.state == S.FAILED_USER:
        return Ending(retold(row.sentence), gettext("Change what the sentence names, in the dataset or in the settings, and train again."))
    if row.state == S.FAILED_SYSTEM:
        why = gettext("Our workers tried it several times and failed each time. The last reason: %(reason)s")
        reason = TURNS.get(row.code, ELSEWHERE)
        return Ending(
            why % {"reason": reason},
            gettext("You need not change anything. Start it again; if it fails again, write to us with its number."),
        )
    return Ending(gettext(row.sentence), gettext("Ask the studio that granted the licence."))


def _after_cancel(row: Training) -> str:
    if row.checkpoints.exists():
        return gettext("Nothing more is charged. What it learned is kept: take a stored step as your model, or train again.")
    return gettext("Nothing more is charged. You can train again with the same settings.")


def span(seconds: float) -> str:
    """A length of time, in the two largest units that matter: 45 s, 4 min 10 s, 1 h 05 min."""
    whole = max(0, round(seconds))
    hour, minute, second = (NO_BREAK + unit for unit in (gettext("h"), gettext("min"), gettext("s")))
    if whole < 60:
        return f"{whole}{second}"
    minutes, rest = divmod(whole, 60)
    if minutes < 10 and rest:
        return f"{minutes}{minute} {rest:02}{second}"
    if minutes < 60:
        return f"{round(whole / 60)}{minute}"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{number_format(hours, force_grouping=True)}{hour}" + (f" {minutes:02}{minute}" if minutes else "")


def between(low: float, high: float) -> str:
    """An interval of time, rounded outwards as far as it is worth: 20 s to 35 s, 3 min to 5 min, 1 h to 1 h 20 min."""
    unit = 5 if high < 55 else 60 if high < 3600 else 600
    least, most = max(1, math.floor(low / unit)) * unit, max(1, math.ceil(high / unit)) * unit
    return span(least) if least >= most else gettext("%(low)s to %(high)s") % {"low": span(least), "high": span(most)}


def heard(ago: float) -> str:
    """A worker's last sign of life; it gives one every two seconds."""
    if ago < 5:
        return gettext("Its worker is there: the last sign of life came just now.")
    return gettext("Its worker gave its last sign of life %(span)s ago. If it stays silent, another one takes over.") % {"span": span(ago)}


def why(row: Training) -> str:
    """Why it is where it is; nothing where its state says all."""
    return str(LANE if row.priority and row.state == S.QUEUED else WHYS.get(row.state, ""))


def waits(row: Training, reason: str) -> str:
    """Why it is not taken yet; nothing when it is next."""
    if reason != "licence":
        return str(WAITS.get(reason, ""))
    return ngettext(
        "%(count)s training of this licence is at work already, as many as its terms allow at once; it begins once that one is over.",
        "%(count)s trainings of this licence are at work already, as many as its terms allow at once; it begins once one of them is over.",
        row.at_once,
    ) % {"count": number_format(row.at_once)}


def waiting(position: int) -> str:
    if position == 1:
        return gettext("It is next in line.")
    before = position - 1
    return ngettext("%(count)s training is before it.", "%(count)s trainings are before it.", before) % {"count": number_format(before)}
