"""What the engine refuses, as a refusal of ours: its code and values become a sentence in the reader's language.

What only whoever runs the engine can mend has no code, and keeps the engine's own English sentence.
"""

from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, override
from django.utils.translation import gettext_lazy as _

from atelier.kit.refused import Refused
from finetune.exits import BadJob, Ended

SENTENCES = {
    "empty": gettext_noop("%(field)s: something has to stand here."),
    "too_many": gettext_noop("%(field)s: at most %(most)s are taken."),
    "no_whole_number": gettext_noop("%(field)s: a whole number from %(least)s to %(most)s is needed, not %(found)s."),
    "no_number": gettext_noop("%(field)s: a number from %(least)s to %(most)s is needed, not %(found)s."),
    "odd_frames": gettext_noop("%(frames)s frames cannot be trained: 1, 5, 9, 13 and so on can, one more than a multiple of four."),
    "odd_side": gettext_noop("%(field)s: this base needs a multiple of %(multiple)s, and %(side)s is none."),
    "large_rank": gettext_noop("Rank %(rank)s is more than this base takes: choose one up to %(most)s."),
    "no_layer": gettext_noop("This base has no layer named %(target)s."),
    "long_trigger": gettext_noop("The trigger word may have at most %(most)s characters."),
    "preserve_alone": gettext_noop("Keeping what has no trigger word as it was needs a trigger word: give one, or leave this out."),
    "long_prompt": gettext_noop("The prompt of preview %(number)s has %(length)s characters; at most %(most)s are read."),
    "no_clips": gettext_noop("The dataset has no clips: add at least one."),
    "all_too_short": gettext_noop(
        "Every clip is too short: %(frames)s frames last %(needed)s seconds. Bring longer clips, or train on fewer frames."
    ),
    "nothing_held_out": gettext_noop(
        "There is one clip, too short to keep a part of it aside for checking the training. Add a clip, or bring a longer one."
    ),
}
FIELDS: dict[str, Promise] = {
    "knobs.steps": _("Steps"),
    "knobs.rank": _("Rank"),
    "knobs.alpha": _("Alpha"),
    "knobs.learning_rate": _("Learning rate"),
    "knobs.batch_size": _("Clips per step"),
    "knobs.caption_dropout": _("Captions left out"),
    "knobs.checkpoint_every": _("Steps between checkpoints"),
    "knobs.width": _("Width in pixels"),
    "knobs.height": _("Height in pixels"),
    "seed": _("Seed"),
    "previews": _("Previews"),
}


def refusal(error: Ended) -> Refused:
    """`bad_settings` for what the job asks, with the `field` that is wrong where it is one; `bad_material` for what the dataset holds."""
    code = "bad_settings" if isinstance(error, BadJob) else "bad_material"
    field = {"field": error.values["field"]} if "field" in error.values else {}
    return Refused(code, str(error), status=422, told_in=lambda language: _told(error, language), **field)


def _told(error: Ended, language: str) -> str:
    if error.why not in SENTENCES:
        return str(error)
    with override(language):
        return gettext(SENTENCES[error.why]) % {name: _shown(name, value) for name, value in error.values.items()}


def _shown(name: str, value: Any) -> str:
    if name == "field":
        return str(FIELDS.get(value, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return number_format(value if isinstance(value, int) else f"{value:.6g}", force_grouping=True)
