"""How clips become windows of nine frames, 2.25 seconds long, which are held out, and in which order a run sees the rest."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.data.windows import cut, schedule, split
from finetune.exits import BadData
from finetune.job import Knobs
from finetune.manifest import Clip

NINE = Knobs(steps=1, rank=1, alpha=1, learning_rate=1e-3, batch_size=1, height=32, width=32, frames=9, fps=4.0)

OWN = ((32, 32),)


def video(name: str, seconds: float, fps: float = 24.0) -> Clip:
    return Clip(name, name.ljust(64, "0"), 10, "a cat", "video", 64, 48, round(seconds * fps), fps)


def still(name: str) -> Clip:
    return Clip(name, name.ljust(64, "0"), 10, "a cat", "image", 64, 48, 1, 0.0)


def test_a_long_clip_is_cut_into_windows_that_do_not_overlap() -> None:
    windows = cut(video("a", 10), NINE, OWN)
    assert [window.start for window in windows] == [0.0, 2.25, 4.5, 6.75]
    assert all(window.start + (window.frames - 1) / window.fps <= 10 for window in windows)


def test_a_clip_slower_than_asked_keeps_its_own_rate() -> None:
    assert [window.fps for window in cut(video("a", 9, fps=2), NINE, OWN)] == [2, 2]


def test_a_clip_too_short_gives_nothing_and_is_told_of() -> None:
    found = split((video("a", 9), video("b", 9), video("c", 1)), NINE, 0, OWN)
    assert len(found.skipped) == 1
    assert found.skipped[0].startswith("c lasts 1.00 s; 9 frames at 4 fps need 2.25 s")


def test_whole_clips_are_held_out_where_there_are_several() -> None:
    found = split(tuple(video(name, 5) for name in "abcdefgh"), NINE, 0, OWN)
    held = {window.clip.file for window in found.held_out}
    assert len(held) == 1
    assert held.isdisjoint(window.clip.file for window in found.train)


def test_of_a_single_clip_its_last_window_is_held_out() -> None:
    found = split((video("a", 7),), NINE, 0, OWN)
    assert [window.start for window in found.train] == [0.0, 2.25]
    assert [window.start for window in found.held_out] == [4.5]


def test_the_split_does_not_depend_on_the_order_of_the_clips() -> None:
    clips = tuple(video(name, 5) for name in "abcdefgh")
    assert set(split(clips, NINE, 3, OWN).held_out) == set(split(clips[::-1], NINE, 3, OWN).held_out)


def test_a_video_is_held_out_rather_than_a_still() -> None:
    found = split((still("a"), still("b"), video("c", 5), still("d"), video("e", 5)), NINE, 0, OWN)
    assert {window.clip.kind for window in found.held_out} == {"video"}


@pytest.mark.parametrize(
    ("material", "says"),
    [
        ((), "no clips"),
        ((video("a", 1), video("b", 2)), "Every clip is too short: a lasts"),
        ((video("a", 3),), "a is all there is and fills one window"),
        ((still("a"),), "a is all there is"),
    ],
)
def test_too_little_material_gets_a_sentence(material: tuple[Clip, ...], says: str) -> None:
    with pytest.raises(BadData, match=says):
        split(material, NINE, 0, OWN)


def test_stills_and_videos_never_share_a_batch() -> None:
    windows = split((*(video(name, 5) for name in "abc"), *(still(name) for name in "defg")), NINE, 0, OWN).train
    for batch in schedule(windows, steps=50, batch_size=3, seed=0):
        assert len({windows[index].frames for index in batch}) == 1


@given(steps=st.integers(1, 40), size=st.integers(1, 5), seed=st.integers(0, 100))
def test_a_longer_run_begins_like_a_shorter_one(steps: int, size: int, seed: int) -> None:
    windows = tuple(cut_one for name in "abcde" for cut_one in cut(video(name, 3), NINE, OWN))
    short = schedule(windows, steps=steps, batch_size=size, seed=seed)
    assert schedule(windows, steps=steps + 7, batch_size=size, seed=seed)[:steps] == short


def test_every_window_is_seen_equally_often() -> None:
    windows = tuple(cut_one for name in "abcde" for cut_one in cut(video(name, 3), NINE, OWN))
    seen = Counter(index for batch in schedule(windows, steps=10, batch_size=4, seed=1) for index in batch)
    assert set(seen.values()) == {8}
