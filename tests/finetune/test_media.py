"""Reading clips of any size and rate, and refusing what is none."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from finetune.data import media
from finetune.data.seal import describe
from finetune.data.windows import Window
from finetune.exits import BadData
from finetune.manifest import Clip


def film(path: Path, *, frames: int, fps: float, size: tuple[int, int] = (64, 64), codec: str = "libx264") -> Clip:
    """Each frame is as bright as its time: 20 grey levels a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1000))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(frames):
            grey = np.full((size[1], size[0], 3), 20 + round(20 * index / fps), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode(None))
    return Clip(path.name, "0" * 64, path.stat().st_size, "grey", "video", *size, frames, fps)


def read(path: Path, clip: Clip, *windows: Window) -> list[np.ndarray]:
    return list(media.read_windows(path, list(windows)))


@pytest.mark.parametrize("fps", [12, 24, 29.97, 60])
def test_frames_are_taken_by_time_whatever_the_rate_of_the_clip(fps: float, tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", frames=round(5 * fps), fps=fps)
    (frames,) = read(tmp_path / "a.mp4", clip, Window(clip, 0.0, 9, 2.0, 32, 32))
    assert frames.shape == (9, 32, 32, 3)
    for index, frame in enumerate(frames):
        assert abs(frame.mean() - (20 + 20 * index / 2)) < 4, index


def test_windows_begin_where_they_say(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", frames=120, fps=24)
    first, second = read(tmp_path / "a.mp4", clip, Window(clip, 0.0, 5, 4.0, 32, 32), Window(clip, 3.0, 5, 4.0, 32, 32))
    assert abs(second[0].mean() - first[0].mean() - 60) < 4


def test_a_wide_clip_is_cut_to_its_centre_without_squeezing(tmp_path: Path) -> None:
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[:, 100:200] = 255
    Image.fromarray(picture).save(tmp_path / "a.png")
    clip = Clip("a.png", "0" * 64, 1, "bar", "image", 300, 100, 1, 0.0)
    (frames,) = read(tmp_path / "a.png", clip, Window(clip, 0.0, 1, 0.0, 32, 32))
    assert frames.shape == (1, 32, 32, 3)
    assert frames.min() > 200


UPRIGHT, LYING = (
    b"".join(struct.pack(">i", each) for each in turn)
    for turn in (
        (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30),
        (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30),
    )
)


def test_a_clip_filmed_on_its_side_is_measured_and_read_upright(tmp_path: Path) -> None:
    """As telephones write it: the frames lie, and the track says how to turn them."""
    film(tmp_path / "a.mp4", frames=30, fps=10, size=(96, 48))
    head, whole, tail = (tmp_path / "a.mp4").read_bytes().rpartition(UPRIGHT)
    assert whole
    (tmp_path / "a.mp4").write_bytes(head + LYING + tail)
    clip = describe(tmp_path / "a.mp4", "a.mp4", "grey")
    assert (clip.width, clip.height, clip.frames) == (48, 96, 30)
    assert next(media._decode(tmp_path / "a.mp4")).picture().size == (48, 96)


def test_a_picture_taken_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    taken = Image.new("RGB", (96, 48))
    exif = taken.getexif()
    exif[0x0112] = 6
    taken.save(tmp_path / "a.jpg", exif=exif)
    clip = describe(tmp_path / "a.jpg", "a.jpg", "black")
    assert (clip.width, clip.height) == (48, 96)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_common_codecs_are_read(codec: str, tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", frames=30, fps=10, codec=codec)
    assert read(tmp_path / "a.mp4", clip, Window(clip, 0.0, 5, 4.0, 32, 32))[0].shape == (5, 32, 32, 3)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("playlist.mp4", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/segment.ts\n#EXT-X-ENDLIST\n"),
        ("concat.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("session.mp4", b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"),
        ("page.mp4", b"<!doctype html><title>no</title>"),
        ("empty.mp4", b""),
    ],
)
def test_what_is_no_clip_is_refused_by_name(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    clip = Clip(name, "0" * 64, 1, "x", "video", 64, 64, 100, 24.0)
    with pytest.raises(BadData, match=f"{name} cannot be read"):
        read(tmp_path / name, clip, Window(clip, 0.0, 9, 4.0, 32, 32))


def test_a_truncated_clip_is_refused_by_name(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", frames=120, fps=24)
    whole = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadData, match=r"a\.mp4"):
        read(tmp_path / "a.mp4", clip, Window(clip, 0.0, 9, 4.0, 32, 32), Window(clip, 2.25, 9, 4.0, 32, 32))


def test_a_clip_shorter_than_its_manifest_says_is_refused(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", frames=24, fps=24)
    with pytest.raises(BadData, match="ends earlier"):
        read(tmp_path / "a.mp4", clip, Window(clip, 0.0, 9, 4.0, 32, 32))


def test_a_codec_off_the_list_is_refused(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mkv", frames=24, fps=24, codec="ffv1")
    with pytest.raises(BadData, match=r"a\.mkv cannot be read"):
        read(tmp_path / "a.mkv", clip, Window(clip, 0.0, 1, 4.0, 32, 32))


def test_a_picture_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (10, 10)).save(tmp_path / "a.gif")
    (tmp_path / "a.gif").rename(tmp_path / "a.png")
    clip = Clip("a.png", "0" * 64, 1, "x", "image", 10, 10, 1, 0.0)
    with pytest.raises(BadData, match=r"a\.png cannot be read"):
        read(tmp_path / "a.png", clip, Window(clip, 0.0, 1, 0.0, 32, 32))
