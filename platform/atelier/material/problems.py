"""Why a file is refused: the codes, and the sentence that tells its owner what to do. `{found}` is what the check found."""

import re

from django.utils.translation import gettext, gettext_noop

SENTENCES = {
    "EMPTY_FILE": gettext_noop("The file is empty. Export it again."),
    "DIGEST_MISMATCH": gettext_noop(
        "What arrived is not what was announced: it was damaged on the way or changed while uploading. Add the file again."
    ),
    "UPLOAD_LOST": gettext_noop("The uploaded file is no longer in the store. Add the file again."),
    "ABANDONED": gettext_noop("The upload did not finish within a day. Add the file again."),
    "CHECK_FAILED": gettext_noop("The check could not be finished on our side. Add the file again. If it happens twice, write to us."),
    "PLAYLIST": gettext_noop("This is a playlist or a script that points at other files, not a film. Export the film itself."),
    "NOT_A_VIDEO": gettext_noop(
        "This is neither a video (.mp4, .mov, .mkv, .webm) nor a still (.png, .jpg, .webp), whatever its name says. "
        "Convert it to H.264 in an .mp4 file and add it again."
    ),
    "NOT_A_STILL": gettext_noop("This is an animation in an image file. Export it as a video, or keep one frame as a still."),
    "NO_PICTURE": gettext_noop("There is no picture in this file, perhaps only sound. Choose another one."),
    "SEVERAL_PICTURES": gettext_noop("The file has several video tracks ({found}). Keep one and add it again."),
    "CODEC_NOT_ALLOWED": gettext_noop(
        "The video is coded as {found}, which we do not decode. Convert it to H.264 in an .mp4 file and add it again."
    ),
    "TRUNCATED": gettext_noop("The file ends too early: it was cut off while it was written or copied ({found}). Add the file again."),
    "DAMAGED": gettext_noop("The picture cannot be decoded without faults ({found}). Export it again."),
    "TOO_SHORT": gettext_noop("The video has too few frames ({found}). A clip needs at least 5."),
    "TOO_LONG": gettext_noop("The video is too long ({found}). A clip lasts at most 10 minutes; cut it into shorter ones."),
    "TOO_FAST": gettext_noop("The video has too many frames a second ({found}). At most 240 are read."),
    "TOO_LARGE": gettext_noop(
        "The picture is too large ({found}). Videos may have 4096 x 2304 pixels, stills 8192 a side and 64 million in all."
    ),
    "TOO_SMALL": gettext_noop("The picture is too small ({found}). It needs at least 16 pixels a side."),
    "TOO_HEAVY": gettext_noop(
        "Decoding the file takes more time or memory than a clip may cost. Make it shorter or smaller and add it again."
    ),
}


class Problem(Exception):
    """The file is not usable. An expected outcome of a check: it ends up on the asset."""

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(f"{code} {found}".strip())
        self.code, self.sentence = code, SENTENCES[code].format(found=found or "unknown")


def told(code: str, sentence: str) -> str:
    """A kept sentence in the language of whoever reads now. One of before a change of these texts stays as it was said."""
    message = SENTENCES.get(code, "")
    before, _, after = message.partition("{found}")
    kept = re.fullmatch(f"{re.escape(before)}(.*){re.escape(after)}", sentence, re.DOTALL)
    return gettext(message).format(found=kept[1]) if message and kept else sentence
