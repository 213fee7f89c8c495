"""What the probe makes of good and bad files. What could harm goes through the real child process."""

import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import av
import pytest
from av.error import FFmpegError
from PIL import Image

from atelier.material import sandbox
from atelier.material.probe import film, limits
from atelier.material.probe.answer import answer
from atelier.material.problems import Problem

from . import clips


def probed(path: Path) -> sandbox.Facts:
    folder = path.parent / f"{path.name}.scratch"
    folder.mkdir()
    return sandbox.probe(path, folder)


def answered(path: Path) -> str:
    """The code alone, without the child process around it."""
    found = answer(path, path.parent)
    assert not found["ok"]
    assert Problem(found["code"], found["found"]).sentence.endswith(".")
    return found["code"]


def refused(path: Path) -> str:
    with pytest.raises(Problem) as caught:
        probed(path)
    assert caught.value.sentence.endswith(".")
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "codec", "suffix"),
    [
        ("a.mp4", "libx264", ".mp4"),
        ("a.mov", "mpeg4", ".mov"),
        ("a.mkv", "libx265", ".mkv"),
        ("a.webm", "libvpx-vp9", ".webm"),
        ("a.webm", "libvpx", ".webm"),
        ("a.mp4", "libsvtav1", ".mp4"),
    ],
)
def test_it_reads_the_films_that_people_have(tmp_path, name, codec, suffix):
    facts = probed(clips.film(tmp_path / name, codec=codec, size=(96, 64), frames=16))
    assert (facts.kind, facts.suffix, facts.width, facts.height, facts.frames) == ("video", suffix, 96, 64, 16)
    assert facts.fps == pytest.approx(8, rel=0.05)
    assert facts.duration == pytest.approx(2, rel=0.1)


def test_it_reads_prores(tmp_path):
    facts = probed(clips.film(tmp_path / "a.mov", codec="prores_ks", pix_fmt="yuv422p10le"))
    assert (facts.suffix, facts.frames) == (".mov", 12)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_it_reads_stills(tmp_path, suffix):
    facts = probed(clips.still(tmp_path / f"a{suffix}"))
    assert (facts.kind, facts.suffix, facts.width, facts.height, facts.frames, facts.fps, facts.filmstrip) == (
        "image",
        suffix,
        64,
        48,
        1,
        0.0,
        b"",
    )
    assert facts.thumb.startswith(b"\xff\xd8\xff")


def test_a_still_held_upright_is_measured_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    facts = probed(clips.still(tmp_path / "a.jpg", exif=exif))
    assert (facts.width, facts.height) == (48, 64)


def test_a_film_held_upright_is_measured_upright(tmp_path):
    facts = probed(clips.film(tmp_path / "a.mp4", turn=90))
    assert (facts.width, facts.height) == (48, 64)


def test_the_rate_of_a_browser_s_recording_is_measured_and_not_believed(tmp_path):
    facts = probed(clips.recording(tmp_path / "a.webm"))
    assert (facts.frames, round(facts.fps)) == (31, 30)


def test_it_draws_a_thumbnail_and_eight_frames_side_by_side(tmp_path):
    facts = probed(clips.film(tmp_path / "a.mp4", frames=40, size=(640, 480)))
    for data, size in ((facts.thumb, (480, 360)), (facts.filmstrip, (8 * 128, 96))):
        picture = tmp_path / "picture.jpg"
        picture.write_bytes(data)
        with Image.open(picture) as image:
            assert image.size == size


def test_a_film_too_long_to_decode_whole_is_looked_at_in_eight_places(tmp_path, monkeypatch):
    path = clips.film(tmp_path / "a.mp4", frames=64)
    monkeypatch.setattr(limits, "DECODED_PIXELS", 1000)
    found, pictures = film.read(path, ".mp4")
    assert (found.frames, len(pictures)) == (64, 8)


def test_the_name_is_not_believed(tmp_path):
    path = clips.film(tmp_path / "a.webm", codec="libvpx")
    shutil.copy(path, tmp_path / "b.mp4")
    assert probed(tmp_path / "b.mp4").suffix == ".webm"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"<!DOCTYPE html><html><body>not a film</body></html>", "NOT_A_VIDEO"),
        (b"PK\x03\x04" + b"\0" * 100, "NOT_A_VIDEO"),
        (b"\x80\x04\x95cos\nsystem\n", "NOT_A_VIDEO"),
        (b"MZ" + b"\0" * 100, "NOT_A_VIDEO"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 100, "NOT_A_VIDEO"),
        (b"#EXTM3U\n#EXTINF:1,\nsegment.ts\n", "PLAYLIST"),
        (b"\xef\xbb\xbf\n #extm3u\n", "PLAYLIST"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "PLAYLIST"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n", "PLAYLIST"),
        (b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>', "PLAYLIST"),
        (b"\0\0\0\x18ftypisom", "TRUNCATED"),
        (b"\xff\xd8\xff" + b"\0" * 50, "DAMAGED"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "DAMAGED"),
        (b"\x1aE\xdf\xa3" + b"\0" * 100, "DAMAGED"),
    ],
)
def test_what_is_no_film_is_refused_by_its_content(tmp_path, content, code):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert answered(path) == code


@contextmanager
def listening():
    """A server that counts who calls."""
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        open_ = [True]

        def serve():
            while open_:
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                calls.append(connection.recv(100))
                connection.close()

        thread = Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], calls
        open_.clear()
        thread.join()


def pointers(folder: Path, port: int) -> dict[str, bytes]:
    """Files that make a trusting demuxer reach for something else."""
    private = clips.film(folder / "private.mp4")
    segment = clips.film(folder / "private.ts")
    return {
        "http.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:{port}/segment.ts\n#EXT-X-ENDLIST\n".encode(),
        "file.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{segment}\n#EXT-X-ENDLIST\n".encode(),
        "list.ffconcat": f"ffconcat version 1.0\nfile '{private}'\n".encode(),
        "stream.sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        + f"m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n".encode(),
        "stream.mpd": b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation id="1">'
        + f"<BaseURL>http://127.0.0.1:{port}/clip.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>".encode(),
    }


def test_a_playlist_reaches_neither_the_network_nor_another_file(tmp_path):
    with listening() as (port, calls):
        for name, content in pointers(tmp_path, port).items():
            (tmp_path / name).write_bytes(content)
            (tmp_path / f"{name}.mp4").write_bytes(content)
            assert answered(tmp_path / name) == "PLAYLIST"
            assert refused(tmp_path / f"{name}.mp4") == "PLAYLIST"
    assert calls == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_ffmpeg_itself_is_kept_from_following_a_playlist(tmp_path, suffix):
    """Even if the first bytes had fooled us: the second wall, alone."""
    with listening() as (port, calls):
        for name, content in pointers(tmp_path, port).items():
            (tmp_path / name).write_bytes(content)
            with pytest.raises(FFmpegError), film.opened(tmp_path / name, suffix):
                pass
            with pytest.raises(FFmpegError), av.open(str(tmp_path / name), container_options=film.GUARDS):
                pass
    assert calls == []


def test_a_codec_outside_the_list_is_never_decoded(tmp_path):
    assert refused(clips.film(tmp_path / "a.mov", codec="mjpeg", pix_fmt="yuvj420p")) == "CODEC_NOT_ALLOWED"
    assert refused(clips.film(tmp_path / "a.mkv", codec="ffv1")) == "CODEC_NOT_ALLOWED"


def test_magicyuv_is_stopped_at_its_container(tmp_path):
    path = clips.film(tmp_path / "a.avi", codec="magicyuv", pix_fmt="gbrp")
    assert refused(path) == "NOT_A_VIDEO"
    with pytest.raises(FFmpegError), av.open(str(path), container_options=film.GUARDS):
        pass


def test_flic_is_no_film(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes((1000).to_bytes(4, "little") + b"\x12\xaf" + b"\x01\x00" + b"\x40\x00\x40\x00\x08\x00" + b"\0" * 1000)
    assert refused(path) == "NOT_A_VIDEO"


def test_an_8k_bomb_is_refused_before_a_frame_is_decoded(tmp_path):
    assert refused(clips.film(tmp_path / "bomb.mp4", frames=2, size=(8192, 8192))) == "TOO_LARGE"


def test_ten_hours_in_a_small_file_are_refused(tmp_path):
    assert answered(clips.lasting(tmp_path / "long.mp4", hours=10)) == "TOO_LONG"
    assert answered(clips.lasting(tmp_path / "long.mkv", hours=10)) == "TOO_LONG"


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (8193, 16), (8100, 8100)])
def test_a_still_of_too_many_pixels_is_refused_unread(tmp_path, width, height):
    assert answered(clips.png_claiming(tmp_path / "bomb.png", width, height)) == "TOO_LARGE"


def test_a_clip_of_four_frames_is_too_short(tmp_path):
    assert answered(clips.film(tmp_path / "a.mp4", frames=4)) == "TOO_SHORT"
    assert probed(clips.film(tmp_path / "b.mp4", frames=5)).frames == 5


def test_a_thousand_frames_a_second_are_too_many(tmp_path):
    assert refused(clips.film(tmp_path / "a.mp4", fps=1000, frames=20)) == "TOO_FAST"


def test_a_film_of_eight_pixels_is_too_small(tmp_path):
    assert refused(clips.film(tmp_path / "a.mp4", size=(8, 8))) == "TOO_SMALL"


def test_two_video_tracks_and_none_are_refused(tmp_path):
    assert answered(clips.two_tracks(tmp_path / "two.mp4")) == "SEVERAL_PICTURES"
    assert answered(clips.sound(tmp_path / "none.mp4")) == "NO_PICTURE"


def test_an_animated_picture_is_no_still(tmp_path):
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    assert answered(tmp_path / "a.webp") == "NOT_A_STILL"


@pytest.mark.parametrize(
    ("name", "options"), [("tail.mp4", {}), ("head.mp4", {"movflags": "faststart"}), ("a.mkv", {}), ("a.webm", {"codec": "libvpx"})]
)
def test_a_film_that_was_cut_off_is_refused(tmp_path, name, options):
    whole = clips.film(tmp_path / name, frames=48, **options).read_bytes()
    for share in (0.3, 0.6, 0.9):
        path = tmp_path / f"{share}-{name}"
        path.write_bytes(whole[: int(len(whole) * share)])
        assert answered(path) in {"TRUNCATED", "DAMAGED", "TOO_SHORT"}, share


def test_a_still_that_was_cut_off_is_refused(tmp_path):
    whole = clips.still(tmp_path / "a.jpg", (400, 300)).read_bytes()
    (tmp_path / "b.jpg").write_bytes(whole[: len(whole) // 2])
    assert answered(tmp_path / "b.jpg") == "DAMAGED"


@pytest.mark.parametrize("seed", range(8))
def test_a_file_with_flipped_bytes_is_answered_one_way_or_the_other(tmp_path, seed):
    whole = clips.film(tmp_path / ("a.mp4" if seed % 2 else "a.mkv"), frames=24, size=(128, 96))
    path = clips.flipped(whole, tmp_path / "flipped", seed=seed, flips=5 + 20 * seed)
    try:
        facts = probed(path)
        assert facts.frames >= limits.LEAST_FRAMES
    except Problem as problem:
        assert problem.sentence


def test_a_decoder_that_takes_too_long_is_stopped_and_the_file_named_too_heavy(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "SECONDS", 0.05)
    assert refused(clips.film(tmp_path / "a.mp4")) == "TOO_HEAVY"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("while True: pass", "TOO_HEAVY"),
        ("x = bytearray(3 << 30)", "TOO_HEAVY"),
        ("import os; os.abort()", "DAMAGED"),
        ("print('[' * 10000)", "DAMAGED"),
        ("print('x' * 10**6)", "DAMAGED"),
        ('print(\'{"ok": false, "code": "<b>", "found": ""}\')', "DAMAGED"),
        ('print(\'{"ok": true, "kind": "video", "suffix": "/../../x.mp4"}\')', "DAMAGED"),
    ],
)
def test_of_a_decoder_gone_wild_only_a_verdict_comes_out(tmp_path, monkeypatch, script, code):
    setup = "from atelier.material.probe import limits; limits.CPU_SECONDS = 1; limits.impose()\n"
    body = f'{setup}try:\n    {script}\nexcept MemoryError:\n    print(\'{{"ok": false, "code": "TOO_HEAVY", "found": ""}}\')\n'
    monkeypatch.setattr(sandbox, "_command", lambda file, out: [sys.executable, "-c", body])
    assert refused(clips.still(tmp_path / "a.png")) == code


def test_a_broken_probe_is_our_fault_and_not_the_file_s(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "_command", lambda file, out: [sys.executable, "-c", "import no_such_module"])
    with pytest.raises(RuntimeError, match="no_such_module"):
        probed(clips.still(tmp_path / "a.png"))


def test_a_picture_that_is_a_link_elsewhere_is_not_followed(tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"\xff\xd8\xff secret")
    (tmp_path / "thumb.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(OSError):
        sandbox._picture(tmp_path / "thumb.jpg")


def test_the_child_gets_none_of_our_secrets():
    assert not {name for name in sandbox._environment() if "KEY" in name or "SECRET" in name or "URL" in name}


@pytest.mark.skipif(sandbox.bubblewrap() is None, reason="bubblewrap does not work on this machine")
def test_under_bubblewrap_there_is_no_network_and_no_file_but_its_own(tmp_path):
    own, other, out = tmp_path / "own", tmp_path / "other", tmp_path / "out"
    own.write_text("own")
    other.write_text("other")
    out.mkdir()
    seen = f"os.path.exists({str(own)!r}), os.path.exists({str(other)!r})"
    script = f"import os, socket; print({seen}, [name for _, name in socket.if_nameindex()])"
    done = subprocess.run([*sandbox._walls(own, out), sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=2) == ["True", "False", "['lo']\n"]
