"""Cutting clips into windows of equal length, holding some out, and the order in which a run sees the rest.

Everything here is a function of the manifest, the knobs and the seed, so that a resumed run meets the same data.
"""

import random
from collections import defaultdict
from dataclasses import dataclass

from finetune.exits import BadData
from finetune.job import Knobs
from finetune.manifest import Clip

HELD_OUT_SHARE = 0.1
HELD_OUT_MOST = 8


@dataclass(frozen=True)
class Window:
    """`frames` frames at `fps`, the first one `start` seconds into the clip. A still is one frame at 0 fps."""

    clip: Clip
    start: float
    frames: int
    fps: float


@dataclass(frozen=True)
class Split:
    """`skipped` says of each clip left out why."""

    train: tuple[Window, ...]
    held_out: tuple[Window, ...]
    skipped: tuple[str, ...]


def cut(clip: Clip, knobs: Knobs) -> list[Window]:
    """Windows that do not overlap; empty when the clip is too short. A clip slower than `knobs.fps` keeps its own rate."""
    if clip.kind == "image" or clip.frames == 1:
        return [Window(clip, 0.0, 1, 0.0)]
    fps = min(knobs.fps, clip.fps)
    frames = int((clip.frames - 1) / clip.fps * fps + 1e-6) + 1
    return [Window(clip, i * knobs.frames / fps, knobs.frames, fps) for i in range(frames // knobs.frames)]


def split(clips: tuple[Clip, ...], knobs: Knobs, seed: int) -> Split:
    """Whole clips are held out where there are two or more; of a single clip, its last windows. Raises BadData."""
    if not clips:
        raise BadData("The dataset has no clips: add at least one.")
    cuts = {clip.file: cut(clip, knobs) for clip in clips}
    skipped = tuple(_too_short(clip, knobs) for clip in clips if not cuts[clip.file])
    usable = [clip for clip in clips if cuts[clip.file]]
    if not usable:
        raise BadData(f"Every clip is too short: {skipped[0]} Bring longer clips or choose fewer frames.")
    if len(usable) == 1:
        train, held_out = _of_one(usable[0], cuts[usable[0].file])
    else:
        held = _held_clips(usable, seed)
        train = [window for clip in usable if clip.file not in held for window in cuts[clip.file]]
        held_out = [window for clip in usable if clip.file in held for window in cuts[clip.file][:2]][:HELD_OUT_MOST]
    return Split(tuple(train), tuple(held_out), skipped)


def _too_short(clip: Clip, knobs: Knobs) -> str:
    needed = knobs.frames / knobs.fps
    return f"{clip.file} lasts {clip.frames / clip.fps:.2f} s; {knobs.frames} frames at {knobs.fps:g} fps need {needed:.2f} s."


def _of_one(clip: Clip, windows: list[Window]) -> tuple[list[Window], list[Window]]:
    if len(windows) < 2:
        raise BadData(f"{clip.file} is all there is and fills one window, so nothing can be held out: add a clip or bring a longer one.")
    kept = max(1, round(len(windows) * HELD_OUT_SHARE))
    return windows[:-kept], windows[-kept:][:HELD_OUT_MOST]


def _held_clips(clips: list[Clip], seed: int) -> set[str]:
    """Held out by rank of content, not by place in the list, and videos first: a lone still says little."""
    order = sorted(clips, key=lambda clip: clip.sha256)
    random.Random(f"{seed}/held-out").shuffle(order)
    order.sort(key=lambda clip: clip.kind != "video")
    count = min(HELD_OUT_MOST, max(1, round(len(clips) * HELD_OUT_SHARE)))
    return {clip.file for clip in order[:count]}


def schedule(windows: tuple[Window, ...], *, steps: int, batch_size: int, seed: int) -> list[list[int]]:
    """For each step, the windows of its batch. A batch stays within one frame count; buckets come up by their size."""
    buckets: dict[int, list[int]] = defaultdict(list)
    for index, window in enumerate(windows):
        buckets[window.frames].append(index)
    rng = random.Random(f"{seed}/order")
    frames = sorted(buckets)
    weights = [len(buckets[each]) for each in frames]
    queues: dict[int, list[int]] = {each: [] for each in frames}
    return [_take(queues, buckets, rng.choices(frames, weights)[0], batch_size, rng) for _ in range(steps)]


def _take(queues: dict[int, list[int]], buckets: dict[int, list[int]], frames: int, count: int, rng: random.Random) -> list[int]:
    """The next windows of a shuffled pass over the bucket, and a new pass when it ends."""
    batch: list[int] = []
    while len(batch) < count:
        if not queues[frames]:
            queues[frames] = rng.sample(buckets[frames], len(buckets[frames]))
        batch.append(queues[frames].pop())
    return batch
