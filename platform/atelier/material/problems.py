"""Why a file is refused: the codes, and the sentence that tells its owner what to do. `{found}` is what the check found."""

CONVERT = "Convert it to H.264 in an .mp4 file and add it again."
AGAIN = "Add the file again."

SENTENCES = {
    "EMPTY_FILE": "The file is empty. Export it again.",
    "DIGEST_MISMATCH": f"What arrived is not what was announced: it was damaged on the way or changed while uploading. {AGAIN}",
    "UPLOAD_LOST": f"The uploaded file is no longer in the store. {AGAIN}",
    "ABANDONED": f"The upload did not finish within a day. {AGAIN}",
    "CHECK_FAILED": f"The check could not be finished on our side. {AGAIN} If it happens twice, write to us.",
    "PLAYLIST": "This is a playlist or a script that points at other files, not a film. Export the film itself.",
    "NOT_A_VIDEO": f"This is neither a video (.mp4, .mov, .mkv, .webm) nor a still (.png, .jpg, .webp), whatever its name says. {CONVERT}",
    "NOT_A_STILL": "This is an animation in an image file. Export it as a video, or keep one frame as a still.",
    "NO_PICTURE": "There is no picture in this file, perhaps only sound. Choose another one.",
    "SEVERAL_PICTURES": "The file has several video tracks ({found}). Keep one and add it again.",
    "CODEC_NOT_ALLOWED": f"The video is coded as {{found}}, which we do not decode. {CONVERT}",
    "TRUNCATED": f"The file ends too early: it was cut off while it was written or copied ({{found}}). {AGAIN}",
    "DAMAGED": "The picture cannot be decoded without faults ({found}). Export it again.",
    "TOO_SHORT": "The video has too few frames ({found}). A clip needs at least 5.",
    "TOO_LONG": "The video is too long ({found}). A clip lasts at most 10 minutes; cut it into shorter ones.",
    "TOO_FAST": "The video has too many frames a second ({found}). At most 240 are read.",
    "TOO_LARGE": "The picture is too large ({found}). Videos may have 4096 x 2304 pixels, stills 8192 a side and 64 million in all.",
    "TOO_SMALL": "The picture is too small ({found}). It needs at least 16 pixels a side.",
    "TOO_HEAVY": "Decoding the file takes more time or memory than a clip may cost. Make it shorter or smaller and add it again.",
}


class Problem(Exception):
    """The file is not usable. An expected outcome of a check: it ends up on the asset."""

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(f"{code} {found}".strip())
        self.code, self.sentence = code, SENTENCES[code].format(found=found or "unknown")
