"""Cutting clips into windows of equal length, each at the size that suits its clip, holding some out, and the order of the rest.

Everything here is a function of the manifest, the knobs and the seed, so that a resumed run meets the same data.
"""

import random
from collections import defaultdict
from dataclasses import dataclass

from finetune.data.buckets import Size, nearest
from finetune.exits import BadData
from finetune.job import Knobs
from finetune.manifest import Clip

HELD_OUT_SHARE = 0.1
HELD_OUT_MOST = 8
NOISE_LEVELS = 8
"""At so many the loss on a held-out clip is measured."""

Shape = tuple[int, int, int]
"""Frames, height, width."""


@dataclass(frozen=True)
class Window:
    """`frames` frames at `fps`, the first one `start` seconds into the clip, cut to `height` x `width` pixels.

    A still is one frame at 0 fps.
    """

    clip: Clip
    start: float
    frames: int
    fps: float
    height: int
    width: int

    @property
    def shape(self) -> Shape:
        """Windows of one shape can share a batch."""
        return self.frames, self.height, self.width


@dataclass(frozen=True)
class Split:
    """`skipped` says of each clip left out why."""

    train: tuple[Window, ...]
    held_out: tuple[Window, ...]
    skipped: tuple[str, ...]


def with_trigger(caption: str, trigger: str) -> str:
    """The caption, with the trigger word in front unless it is in there already."""
    words = caption.strip()
    return words if not trigger or trigger.lower() in words.lower() else f"{trigger} {words}"


def cut(clip: Clip, knobs: Knobs, sizes: tuple[Size, ...]) -> list[Window]:
    """Windows that do not overlap; empty when the clip is too short. A clip slower than `knobs.fps` keeps its own rate."""
    size = nearest(sizes, height=clip.height, width=clip.width)
    if clip.kind == "image" or clip.frames == 1:
        return [Window(clip, 0.0, 1, 0.0, *size)]
    fps = min(knobs.fps, clip.fps)
    frames = int((clip.frames - 1) / clip.fps * fps + 1e-6) + 1
    return [Window(clip, i * knobs.frames / fps, knobs.frames, fps, *size) for i in range(frames // knobs.frames)]


def split(clips: tuple[Clip, ...], knobs: Knobs, seed: int, sizes: tuple[Size, ...]) -> Split:
    """Whole clips are held out where there are two or more; of a single clip, its last windows. Raises BadData.

    `sizes`: what clips may be cut to (`buckets.of`); each is cut to the one whose aspect is nearest to its own.
    """
    if not clips:
        raise BadData("The dataset has no clips: add at least one.", "no_clips")
    cuts = {clip.file: cut(clip, knobs, sizes) for clip in clips}
    skipped = tuple(_too_short(clip, knobs) for clip in clips if not cuts[clip.file])
    usable = [clip for clip in clips if cuts[clip.file]]
    if not usable:
        sentence = f"Every clip is too short: {skipped[0]} Bring longer clips or choose fewer frames."
        raise BadData(sentence, "all_too_short", frames=knobs.frames, needed=knobs.frames / knobs.fps)
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
        sentence = f"{clip.file} is all there is and fills one window, so nothing can be held out: add a clip or bring a longer one."
        raise BadData(sentence, "nothing_held_out")
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
    """For each step, the windows of its batch. A batch stays within one shape; shapes come up by how many windows have them."""
    buckets: dict[Shape, list[int]] = defaultdict(list)
    for index, window in enumerate(windows):
        buckets[window.shape].append(index)
    rng = random.Random(f"{seed}/order")
    shapes = sorted(buckets)
    weights = [len(buckets[each]) for each in shapes]
    queues: dict[Shape, list[int]] = {each: [] for each in shapes}
    return [_take(queues, buckets, rng.choices(shapes, weights)[0], batch_size, rng) for _ in range(steps)]


def _take(queues: dict[Shape, list[int]], buckets: dict[Shape, list[int]], shape: Shape, count: int, rng: random.Random) -> list[int]:
    """The next windows of a shuffled pass over the bucket, and a new pass when it ends."""
    batch: list[int] = []
    while len(batch) < count:
        if not queues[shape]:
            queues[shape] = rng.sample(buckets[shape], len(buckets[shape]))
        batch.append(queues[shape].pop())
    return batch
