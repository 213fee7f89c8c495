"""What stops a training once it runs, in the reader's language. The engine tells it in one English sentence, or its worker once the engine
died, and that is what is kept."""

import re

from django.utils.translation import gettext, gettext_noop

SENTENCES = {
    r"(?P<file>.+) cannot be read \((?P<reason>.*)\): replace it or take it out of the dataset\.": gettext_noop(
        "%(file)s cannot be read (%(reason)s). Replace it, or take it out of the dataset."
    ),
    r"(?P<file>.+) ended the training engine twice: replace it or take it out of the dataset\.": gettext_noop(
        "%(file)s ended the training engine twice. Replace it, or take it out of the dataset."
    ),
    r"(?P<file>.+) encodes to numbers that are not finite: take it out of the dataset\.": gettext_noop(
        "What the base model reads out of %(file)s cannot be reckoned with. Take it out of the dataset."
    ),
    r"The loss is no longer a number at step (?P<step>\d+): lower knobs\.learning_rate or look for broken clips\.": gettext_noop(
        "At step %(step)s the training ran off, and its loss was no longer a number. Lower the learning rate, or look for broken clips."
    ),
    r"(?P<file>.+) is missing from the dataset\.": gettext_noop("%(file)s is missing from the dataset."),
    r"(?P<file>.+) was altered after sealing: seal the dataset again\.": gettext_noop(
        "%(file)s was altered after the dataset was sealed. Seal the dataset again."
    ),
}


def retold(sentence: str) -> str:
    """What stands in no table stays in English, and is said to be the engine's."""
    for pattern, told in SENTENCES.items():
        if found := re.fullmatch(pattern, sentence, re.DOTALL):
            return gettext(told) % found.groupdict()
    return gettext("The training engine refused it, and says why in English: %(sentence)s") % {"sentence": sentence}
