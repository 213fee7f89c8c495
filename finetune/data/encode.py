"""Every clip and caption becomes tensors exactly once, before the first step."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch

from finetune.data import pdq
from finetune.data.media import read_windows
from finetune.data.store import Store
from finetune.data.windows import Window, with_trigger
from finetune.exits import BadData
from finetune.families.model import Model

Kept = tuple[torch.Tensor, torch.Tensor]
"""Latents and prints of a window."""


@dataclass(frozen=True)
class Encoded:
    """Aligned: latents[i] is (C, T, H, W), captions[i] the text that goes with it, plain[i] the same without the trigger word, prints[i]
    what `pdq.prints` says of the frames."""

    latents: tuple[torch.Tensor, ...]
    captions: tuple[str, ...]
    plain: tuple[str, ...] = ()
    prints: tuple[torch.Tensor, ...] = ()


def plain(window: Window, trigger: str) -> str:
    """The caption without the trigger word."""
    words = re.sub(re.escape(trigger), "", window.clip.caption, flags=re.IGNORECASE) if trigger else window.clip.caption
    return " ".join(words.split())


def clips(
    model: Model,
    store: Store,
    root: Path,
    windows: Sequence[Window],
    trigger: str,
    *,
    pause: Callable[[], None],
    opening: Callable[[str], None],
) -> Encoded:
    """`pause` is called between clips and may raise Stopped; `opening` is told the file of each clip that is about to be decoded.

    Raises BadData for a clip that cannot be read or encoded.
    """
    found: dict[Window, Kept] = {}
    for _, group in groupby(windows, key=lambda window: window.clip.file):
        pause()
        found |= _clip(model, store, root, list(group), opening)
    return Encoded(
        tuple(found[window][0] for window in windows),
        tuple(with_trigger(window.clip.caption, trigger) for window in windows),
        tuple(plain(window, trigger) for window in windows),
        tuple(found[window][1] for window in windows),
    )


def _clip(model: Model, store: Store, root: Path, windows: list[Window], opening: Callable[[str], None]) -> dict[Window, Kept]:
    """Decodes the clip only if something of a window is not kept yet."""
    found = {window: kept for window in windows if (kept := _kept(store, window))}
    missing = [window for window in windows if window not in found]
    if missing:
        opening(missing[0].clip.file)
        for window, frames in zip(missing, read_windows(root / missing[0].clip.file, missing), strict=True):
            latents, prints = model.encode_clips(frames[None])[0].cpu(), torch.from_numpy(pdq.prints(frames))
            _check(window, latents)
            store.put("latents", _key(window), latents)
            store.put("prints", _key(window), prints)
            found[window] = latents, prints
    return found


def _kept(store: Store, window: Window) -> Kept | None:
    latents, prints = store.get("latents", _key(window)), store.get("prints", _key(window))
    return None if latents is None or prints is None else (latents, prints)


def _key(window: Window) -> list[object]:
    return [window.clip.sha256, window.start, window.frames, window.fps, window.height, window.width]


def _check(window: Window, latents: torch.Tensor) -> None:
    if not bool(latents.isfinite().all()):
        raise BadData(f"{window.clip.file} encodes to numbers that are not finite: take it out of the dataset.")


def texts(model: Model, store: Store, captions: Sequence[str]) -> dict[str, torch.Tensor]:
    """Caption to (L, D), the empty caption included. What a base told at another precision is another text."""
    length, dtype = model.facts.native.max_sequence_length, model.held().dtype
    key = [length] if dtype == "float32" else [length, dtype]
    wanted = ["", *dict.fromkeys(captions)]
    return {words: store.keep("text", [words, *key], lambda words=words: model.encode_text([words])[0]) for words in wanted}  # type: ignore[misc]
