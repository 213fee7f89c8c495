"""Sealed datasets and model directories, and the digests that name them. Standard library only.

A dataset directory holds `manifest.json` and the clips it lists. Its root is an RFC 9162 Merkle tree over the canonical
JSON of each clip in order, so that one clip can later be proved to belong without showing the others.
"""

import builtins
import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

from finetune.exits import BadData, BadJob

NAME = "manifest.json"
VERSION = 1
KINDS = ("video", "image")
CAPTION_LIMIT = 4000
MODEL_SUFFIXES = (".safetensors", ".json", ".txt", ".md", ".model")
HEADER_LIMIT = 1 << 20
TENSOR_LIMIT = 20_000
PICKLES = (
    b"PK\x03\x04",
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
)


def canonical(value: Any) -> bytes:
    """The one JSON form that is hashed: keys sorted, no spaces, UTF-8, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """Hex, without prefix."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1: leaves are hashed behind 0x00, nodes behind 0x01; the split is the largest power of two below the size."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()


@dataclass(frozen=True)
class Clip:
    """`file` is relative to the dataset directory, `sha256` is hex. A still image has one frame and fps 0."""

    file: str
    sha256: str
    bytes: int
    caption: str
    kind: str
    width: int
    height: int
    frames: int
    fps: float

    def __post_init__(self) -> None:
        path = PurePosixPath(self.file)
        if path.is_absolute() or ".." in path.parts or "\\" in self.file or "\0" in self.file or not path.parts:
            raise BadData(f"The manifest names a file outside the dataset: {self.file!r}.")
        if self.kind not in KINDS:
            raise BadData(f"{self.file}: a clip is a video or an image, not {self.kind!r}.")
        if not self.caption.strip():
            raise BadData(f"{self.file} has no caption: write one sentence that says what is seen.")
        if len(self.caption) > CAPTION_LIMIT:
            raise BadData(f"{self.file}: the caption has {len(self.caption)} characters; at most {CAPTION_LIMIT} are read.")
        if min(self.width, self.height, self.frames, self.bytes) < 1:
            raise BadData(f"{self.file}: width, height, frames and bytes must be positive.")
        if self.kind == "video" and not 0 < self.fps <= 1000:
            raise BadData(f"{self.file}: a video needs its frames per second, not {self.fps}.")

    @property
    def leaf(self) -> "builtins.bytes":
        return canonical(asdict(self))


@dataclass(frozen=True)
class DatasetManifest:
    version: int
    clips: tuple[Clip, ...]
    root: str

    @classmethod
    def build(cls, clips: Iterable[Clip]) -> Self:
        kept = tuple(clips)
        return cls(VERSION, kept, root_of(kept))

    @classmethod
    def load(cls, directory: Path | str) -> Self:
        """Reads manifest.json and checks that it agrees with its own root; `verify` looks at the files."""
        path = Path(directory) / NAME
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["version"] != VERSION:
                raise BadData(f"{path} has version {found['version']!r}; this engine reads version {VERSION}.")
            manifest = cls(VERSION, tuple(_clip(each) for each in found["clips"]), str(found["root"]))
        except FileNotFoundError:
            raise BadData(f"There is no {NAME} in {directory}: seal the dataset first.") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadData(f"{path} is not a dataset manifest: {error}.") from error
        if manifest.root != root_of(manifest.clips):
            raise BadData(f"{path} was altered after sealing: its clips do not give its root.")
        return manifest

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def save(self, directory: Path | str) -> Path:
        path = Path(directory) / NAME
        path.write_bytes(json.dumps(self.to_dict(), indent=1, ensure_ascii=False).encode() + b"\n")
        return path

    def verify(self, directory: Path | str) -> None:
        """Reads every clip. Raises BadData that names the first one missing or altered."""
        for clip in self.clips:
            path = Path(directory) / clip.file
            if not path.is_file() or path.is_symlink():
                raise BadData(f"{clip.file} is missing from the dataset.")
            if path.stat().st_size != clip.bytes or file_sha256(path) != clip.sha256:
                raise BadData(f"{clip.file} was altered after sealing: seal the dataset again.")


def root_of(clips: Sequence[Clip]) -> str:
    return "sha256:" + merkle_root([clip.leaf for clip in clips]).hex()


def _clip(found: dict[str, Any]) -> Clip:
    for name, kind in (("file", str), ("sha256", str), ("caption", str), ("kind", str), ("fps", (int, float))):
        if not isinstance(found[name], kind):
            raise BadData(f"The manifest's {name} has the wrong type in {str(found)[:200]}.")
    whole = {name: int(found[name]) for name in ("bytes", "width", "height", "frames")}
    return Clip(found["file"], found["sha256"], caption=found["caption"], kind=found["kind"], fps=found["fps"], **whole)


def directory_digest(path: Path | str) -> str:
    """ "sha256:…" over (relative path, sha256) of every file of a model directory, sorted by path.

    Refuses, unopened, whatever could run code when it is loaded: only plain weights, JSON and text may be in there.
    """
    root = Path(path)
    entries = [[file.relative_to(root).as_posix(), file_sha256(file)] for file in model_files(root)]
    return digest(canonical(entries))


def model_files(root: Path) -> list[Path]:
    """The files of a model directory, sorted; raises BadJob for a file that has no place there."""
    if not root.is_dir():
        raise BadJob(f"base.path: there is no directory {root}.")
    found = sorted((file for file in root.rglob("*") if not file.is_dir()), key=lambda file: file.relative_to(root).as_posix())
    for file in found:
        _refuse_code(root, file)
    return found


def _refuse_code(root: Path, file: Path) -> None:
    name = file.relative_to(root).as_posix()
    if file.is_symlink() or not file.is_file():
        raise BadJob(f"base.path: {name} is not a plain file; copy the model without links.")
    if file.suffix not in MODEL_SUFFIXES:
        raise BadJob(f"base.path: {name} is not allowed in a model directory; weights must be .safetensors, never pickles.")
    with file.open("rb") as opened:
        start = opened.read(16)
    if file.suffix == ".safetensors":
        tensor_shapes(file)
    elif start.startswith(PICKLES):
        raise BadJob(f"base.path: {name} holds a pickle or an archive under another name; only .safetensors weights are read.")


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name to shape, from the header of a safetensors file alone. Raises BadJob when the header does not add up."""
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= HEADER_LIMIT:
            raise BadJob(f"base.path: {path.name} is not a safetensors file.")
        raw = file.read(length)
    try:
        header = json.loads(raw, object_pairs_hook=_unique)
        header.pop("__metadata__", None)
        spans = sorted(tuple(entry["data_offsets"]) for entry in header.values())
        shapes = {name: tuple(int(side) for side in entry["shape"]) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadJob(f"base.path: {path.name} is not a safetensors file: {error}.") from error
    ends = [0, *(end for _, end in spans)]
    whole = len(raw) == length and ends[-1] + 8 + length == path.stat().st_size
    if len(shapes) > TENSOR_LIMIT or not whole or any(begin != end for (begin, _), end in zip(spans, ends, strict=False)):
        raise BadJob(f"base.path: {path.name} is truncated or padded; fetch it again.")
    return shapes


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice in its header")
    return dict(pairs)
