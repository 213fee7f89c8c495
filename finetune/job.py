"""The job file: what to train, on what, how long. Standard library only; the web side reads and writes it too."""

import json
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from finetune.exits import BadJob
from finetune.manifest import canonical, digest

VERSION = 1
FAMILIES = ("wan", "z_image")


@dataclass(frozen=True)
class Frozen:
    """A LoRA file in diffusers layout, and the sha256 that it must have."""

    path: str
    digest: str


@dataclass(frozen=True)
class Base:
    """A model directory in diffusers layout, and the digest (manifest.directory_digest) that it must have.

    `adapter` stays frozen on its transformer, and `adapter_2` on the second of a base that has two: a house adapter.
    """

    path: str
    digest: str
    adapter: Frozen | None = None
    adapter_2: Frozen | None = None

    @property
    def adapters(self) -> tuple[Frozen | None, Frozen | None]:
        return self.adapter, self.adapter_2

    @property
    def worn(self) -> str:
        """The digest of the base together with the house adapters on it; its own where there are none."""
        if self.adapters == (None, None):
            return self.digest
        return digest(canonical([self.digest, *(each.digest if each else None for each in self.adapters)]))


@dataclass(frozen=True)
class Dataset:
    """A sealed dataset directory, and the root that its manifest must have."""

    path: str
    root: str


PRESERVE = 0.5
"""What is wise where there is a trigger word: a style that comes when it is called, and stays away when it is not."""


@dataclass(frozen=True)
class Knobs:
    """`learning_rate` is the peak of the schedule. `frames` counts frames at `fps`, 1 + 4k of them.

    `targets` None means the family's usual layers. `preview_every` 0 means previews at the end only; `sampling_steps`
    and `guidance` None mean what the base's recipe asks for. `preserve` is the share of each batch that teaches the adapter to show
    captions without the trigger word as the base shows them, so that the style does not leak; it needs a trigger word. With `aspects`,
    wide and upright clips train at sizes of their own shape, of about the job's area; without, all are cut to the job's size.
    """

    steps: int
    rank: int
    alpha: float
    learning_rate: float
    batch_size: int
    height: int
    width: int
    frames: int
    fps: float
    caption_dropout: float = 0.1
    checkpoint_every: int = 50
    trigger: str = ""
    targets: tuple[str, ...] | None = None
    preview_every: int = 0
    sampling_steps: int | None = None
    guidance: float | None = None
    preserve: float = 0.0
    aspects: bool = False


@dataclass(frozen=True)
class Preview:
    prompt: str
    seed: int


@dataclass(frozen=True)
class Job:
    id: str
    family: str
    base: Base
    dataset: Dataset
    knobs: Knobs
    previews: tuple[Preview, ...] = ()
    seed: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    version: int = VERSION
    from_adapter: Frozen | None = None
    from_adapter_2: Frozen | None = None

    @property
    def beginnings(self) -> tuple[Frozen | None, Frozen | None]:
        """The result of an earlier run that this one trains on from, of a base with two transformers both files."""
        return self.from_adapter, self.from_adapter_2

    @classmethod
    def load(cls, path: Path | str) -> Self:
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise BadJob(f"{path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise BadJob(f"{path} is not JSON: {error}.") from error
        return cls.from_dict(found)

    @classmethod
    def from_dict(cls, found: Any) -> Self:
        """Raises BadJob with one sentence that names the field and says what to change."""
        top = _object(found, "job")
        _known(top, "job", tuple(each.name for each in fields(cls)))
        if top.get("version") != VERSION:
            raise BadJob(f"version is {top.get('version')!r}; this engine reads version {VERSION}.")
        family = _text(top, "family")
        if family not in FAMILIES:
            raise BadJob(f"family {family!r} is unknown; choose one of: {', '.join(FAMILIES)}.")
        base, dataset = _object(top.get("base"), "base"), _object(top.get("dataset"), "dataset")
        return cls(
            id=_identifier(top),
            family=family,
            base=_base(base),
            dataset=Dataset(_text(dataset, "dataset.path"), _sha256(dataset, "dataset.root")),
            knobs=_knobs(_object(top.get("knobs"), "knobs")),
            previews=tuple(_preview(each, i) for i, each in enumerate(_list(top.get("previews", []), "previews", 16))),
            seed=_whole(top, "seed", 0, 2**53 - 1, default=0),
            metadata=_metadata(_object(top.get("metadata", {}), "metadata")),
            from_adapter=_frozen(top.get("from_adapter"), "from_adapter"),
            from_adapter_2=_frozen(top.get("from_adapter_2"), "from_adapter_2"),
        )

    def to_dict(self) -> dict[str, Any]:
        written = asdict(self)
        written["knobs"]["targets"] = None if self.knobs.targets is None else list(self.knobs.targets)
        written["previews"] = list(written["previews"])
        written["base"] = {key: value for key, value in written["base"].items() if value is not None}
        return {key: value for key, value in written.items() if value is not None}

    @property
    def digest(self) -> str:
        """Names the work, not where it lies: paths are left out."""
        written = self.to_dict()
        del written["base"]["path"], written["dataset"]["path"]
        for adapter in ("adapter", "adapter_2"):
            written["base"].get(adapter, {}).pop("path", None)
            written.get(f"from_{adapter}", {}).pop("path", None)
        return digest(canonical(written))


def _base(found: dict[str, Any]) -> Base:
    _known(found, "base", tuple(each.name for each in fields(Base)))
    adapters = (_frozen(found.get(name), f"base.{name}") for name in ("adapter", "adapter_2"))
    return Base(_text(found, "base.path"), _sha256(found, "base.digest"), *adapters)


def _frozen(found: Any, name: str) -> Frozen | None:
    if found is None:
        return None
    entry = _object(found, name)
    _known(entry, name, ("path", "digest"))
    return Frozen(_text(entry, f"{name}.path"), _sha256(entry, f"{name}.digest"))


def _object(found: Any, name: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise BadJob(f"{name} must be a JSON object, not {type(found).__name__}.")
    return found


def _list(found: Any, name: str, limit: int) -> list[Any]:
    if not isinstance(found, list) or len(found) > limit:
        raise BadJob(f"{name} must be a list of at most {limit} entries.", "too_many", field=name, most=limit)
    return found


def _known(found: dict[str, Any], name: str, allowed: tuple[str, ...]) -> None:
    if unknown := sorted(set(found) - set(allowed)):
        raise BadJob(f"{name} has an unknown field {unknown[0]!r}; remove it or correct its spelling.")


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name.rpartition(".")[2])
    if not isinstance(value, str) or not value or "\0" in value:
        raise BadJob(f"{name} must be a text that is not empty.", "empty", field=name)
    return value


def _identifier(found: dict[str, Any]) -> str:
    value = _text(found, "id")
    if len(value) > 80 or not all(letter.isalnum() or letter in "_-" for letter in value):
        raise BadJob("id may hold letters, digits, - and _, at most 80 of them.")
    return value


def _sha256(found: dict[str, Any], name: str) -> str:
    value = _text(found, name)
    kind, _, hexadecimal = value.partition(":")
    if kind != "sha256" or len(hexadecimal) != 64 or set(hexadecimal) - set("0123456789abcdef"):
        raise BadJob(f"{name} must read sha256: and 64 hexadecimal digits.")
    return value


def _whole(found: dict[str, Any], name: str, least: int, most: int, default: int | None = None) -> int:
    value = found.get(name.rpartition(".")[2], default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        limits: dict[str, Any] = {"field": name, "least": least, "most": most, "found": value}
        raise BadJob(f"{name} must be a whole number from {least} to {most}, not {value!r}.", "no_whole_number", **limits)
    return value


def _number(found: dict[str, Any], name: str, least: float, most: float, default: float | None = None) -> float:
    value = found.get(name.rpartition(".")[2], default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or not least <= value <= most:
        limits: dict[str, Any] = {"field": name, "least": least, "most": most, "found": value}
        raise BadJob(f"{name} must be a number from {least:g} to {most:g}, not {value!r}.", "no_number", **limits)
    return float(value)


def _yes_or_no(found: dict[str, Any], name: str) -> bool:
    value = found.get(name.rpartition(".")[2], False)
    if not isinstance(value, bool):
        raise BadJob(f"{name} must be true or false, not {value!r}.")
    return value


def _knobs(found: dict[str, Any]) -> Knobs:
    _known(found, "knobs", tuple(each.name for each in fields(Knobs)))
    frames = _whole(found, "knobs.frames", 1, 257)
    if frames % 4 != 1:
        sentence = f"knobs.frames is {frames}; the video VAE takes 1, 5, 9, 13 … frames (one more than a multiple of four)."
        raise BadJob(sentence, "odd_frames", frames=frames)
    return Knobs(
        steps=_whole(found, "knobs.steps", 1, 100_000),
        rank=_whole(found, "knobs.rank", 1, 1024),
        alpha=_number(found, "knobs.alpha", 1e-3, 4096),
        learning_rate=_number(found, "knobs.learning_rate", 1e-8, 1.0),
        batch_size=_whole(found, "knobs.batch_size", 1, 256),
        height=_whole(found, "knobs.height", 16, 4096),
        width=_whole(found, "knobs.width", 16, 4096),
        frames=frames,
        fps=_number(found, "knobs.fps", 0.1, 240),
        caption_dropout=_number(found, "knobs.caption_dropout", 0, 1, 0.1),
        checkpoint_every=_whole(found, "knobs.checkpoint_every", 1, 100_000, 50),
        trigger=_trigger(found),
        targets=_targets(found.get("targets")),
        preview_every=_whole(found, "knobs.preview_every", 0, 100_000, 0),
        sampling_steps=None if found.get("sampling_steps") is None else _whole(found, "knobs.sampling_steps", 1, 200),
        guidance=None if found.get("guidance") is None else _number(found, "knobs.guidance", 0, 50),
        preserve=_preserve(found),
        aspects=_yes_or_no(found, "knobs.aspects"),
    )


def _preserve(found: dict[str, Any]) -> float:
    value = _number(found, "knobs.preserve", 0, 0.9, 0.0)
    if value and not _trigger(found):
        sentence = "knobs.preserve keeps captions without the trigger word as they were: give knobs.trigger too, or leave it out."
        raise BadJob(sentence, "preserve_alone")
    return value


def _trigger(found: dict[str, Any]) -> str:
    value = found.get("trigger") or ""
    if not isinstance(value, str) or len(value) > 80:
        raise BadJob("knobs.trigger must be a text of at most 80 characters.", "long_trigger", most=80)
    return value.strip()


def _targets(found: Any) -> tuple[str, ...] | None:
    if found is None:
        return None
    if not isinstance(found, list) or not found or not all(isinstance(each, str) and each for each in found):
        raise BadJob("knobs.targets must be a list of layer names such as attn1.to_q, or be left out.")
    return tuple(found)


def _preview(found: Any, index: int) -> Preview:
    name = f"previews[{index}]"
    entry = _object(found, name)
    _known(entry, name, ("prompt", "seed"))
    prompt = _text(entry, f"{name}.prompt")
    if len(prompt) > 4000:
        sentence = f"{name}.prompt has {len(prompt)} characters; at most 4000 are read."
        raise BadJob(sentence, "long_prompt", number=index + 1, length=len(prompt), most=4000)
    return Preview(prompt, _whole(entry, f"{name}.seed", 0, 2**53 - 1, default=0))


def _metadata(found: dict[str, Any]) -> dict[str, str]:
    for key, value in found.items():
        if not isinstance(value, str) or len(key) > 80 or len(value) > 4000:
            raise BadJob(f"metadata.{key[:80]} must be a text of at most 4000 characters.")
    return dict(found)
