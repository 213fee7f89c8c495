"""Every clip and caption becomes tensors exactly once, before the first step."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch

from finetune.exits import BadData
from finetune.families.model import Model
from finetune.job import Knobs
from finetune.media import read_windows
from finetune.store import Store
from finetune.windows import Window


@dataclass(frozen=True)
class Encoded:
    """Aligned: latents[i] is (C, T, H, W), captions[i] the text that goes with it, plain[i] the same without the trigger word."""

    latents: tuple[torch.Tensor, ...]
    captions: tuple[str, ...]
    plain: tuple[str, ...] = ()


def caption(window: Window, trigger: str) -> str:
    """The caption, with the trigger word in front unless it is in there already."""
    words = window.clip.caption.strip()
    return words if not trigger or trigger.lower() in words.lower() else f"{trigger} {words}"


def plain(window: Window, trigger: str) -> str:
    """The caption without the trigger word."""
    words = re.sub(re.escape(trigger), "", window.clip.caption, flags=re.IGNORECASE) if trigger else window.clip.caption
    return " ".join(words.split())


def clips(model: Model, store: Store, root: Path, windows: Sequence[Window], knobs: Knobs, pause: Callable[[], None]) -> Encoded:
    """`pause` is called between clips and may raise Stopped. Raises BadData for a clip that cannot be read or encoded."""
    found: dict[Window, torch.Tensor] = {}
    for _, group in groupby(windows, key=lambda window: window.clip.file):
        pause()
        found |= _clip(model, store, root, list(group), knobs)
    return Encoded(
        tuple(found[window] for window in windows),
        tuple(caption(window, knobs.trigger) for window in windows),
        tuple(plain(window, knobs.trigger) for window in windows),
    )


def _clip(model: Model, store: Store, root: Path, windows: list[Window], knobs: Knobs) -> dict[Window, torch.Tensor]:
    """Decodes the clip only if a window of it is not kept yet."""
    found = {window: store.get("latents", _key(window, knobs)) for window in windows}
    missing = [window for window in windows if found[window] is None]
    if missing:
        path = root / missing[0].clip.file
        for window, frames in zip(missing, read_windows(path, missing, height=knobs.height, width=knobs.width), strict=True):
            latents = model.encode_clips(frames[None])[0].cpu()
            _check(window, latents)
            store.put("latents", _key(window, knobs), latents)
            found[window] = latents
    return {window: latents for window, latents in found.items() if latents is not None}


def _key(window: Window, knobs: Knobs) -> list[object]:
    return [window.clip.sha256, window.start, window.frames, window.fps, knobs.height, knobs.width]


def _check(window: Window, latents: torch.Tensor) -> None:
    if not bool(latents.isfinite().all()):
        raise BadData(f"{window.clip.file} encodes to numbers that are not finite: take it out of the dataset.")


def texts(model: Model, store: Store, captions: Sequence[str]) -> dict[str, torch.Tensor]:
    """Caption to (L, D), the empty caption included."""
    length = model.facts.native.max_sequence_length
    wanted = ["", *dict.fromkeys(captions)]
    return {words: store.keep("text", [words, length], lambda words=words: model.encode_text([words])[0]) for words in wanted}  # type: ignore[misc]
