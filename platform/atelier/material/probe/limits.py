"""What a file may be, and what reading it may cost."""

import resource

VIDEO_LONG_SIDE, VIDEO_SHORT_SIDE = 4096, 2304
VIDEO_SECONDS, VIDEO_FPS = 600.0, 240.0
# Width x height x frames of a whole film: ten minutes of 1080p at 30 frames a second.
VIDEO_PIXELS = 1920 * 1080 * 30 * 600
# Up to here every frame is decoded; a longer film is decoded at the moments that its filmstrip shows.
DECODED_PIXELS = 1_000_000_000
LEAST_FRAMES = 5
LEAST_SIDE = 16
STILL_SIDE, STILL_PIXELS = 8192, 64_000_000

CPU_SECONDS = 25
MEMORY_BYTES = 2 << 30
WRITTEN_BYTES = 16 << 20
OPEN_FILES = 64


def impose() -> None:
    """From here on this process cannot take more, whatever a decoder does."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
