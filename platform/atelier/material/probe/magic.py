"""What a file is, by its first bytes. Its name says nothing."""

from .unusable import Unusable

HEAD_BYTES = 4096
POINTERS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"v=0", b"<MPD", b"<SmoothStreamingMedia", b"RTSPtext", b"<asx")
# ISO brands that are still pictures, not films.
STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


def suffix_of(head: bytes) -> str:
    """`.mp4 .mov .mkv .webm .png .jpg .webp`. Raises Unusable for everything else."""
    if not head:
        raise Unusable("EMPTY_FILE")
    suffix = _still(head) or _film(head)
    if suffix:
        return suffix
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if any(text.startswith(start.lower()) for start in POINTERS) or b"<mpd" in text or b"#extm3u" in text:
        raise Unusable("PLAYLIST")
    raise Unusable("NOT_A_VIDEO")


def _still(head: bytes) -> str:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if head.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    return ".webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else ""


def _film(head: bytes) -> str:
    if head.startswith(b"\x1aE\xdf\xa3"):
        return ".webm" if b"webm" in head[:64] else ".mkv"
    box, brand = head[4:8], head[8:12]
    if box == b"ftyp":
        if brand in STILL_BRANDS:
            return ""
        return ".mov" if brand == b"qt  " else ".mp4"
    return ".mov" if box in (b"moov", b"mdat", b"wide", b"free", b"skip") else ""
