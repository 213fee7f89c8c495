"""Sealed datasets and the digests that name them."""

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune.exits import BAD_DATA, BadData, BadJob
from finetune.manifest import Clip, DatasetManifest, canonical, directory_digest, file_sha256, merkle_root, tensor_shapes

CLIP = Clip("clips/a.mp4", "0" * 64, 10, "a cat", "video", 64, 48, 30, 24.0)


def h(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_the_merkle_root_is_that_of_rfc_9162() -> None:
    a, b, c = (h(b"\x00" + leaf) for leaf in (b"a", b"b", b"c"))
    assert merkle_root([]) == h(b"")
    assert merkle_root([b"a"]) == a
    assert merkle_root([b"a", b"b", b"c"]) == h(b"\x01" + h(b"\x01" + a + b) + c)


def test_the_root_depends_on_every_fact_and_on_the_order() -> None:
    other = replace(CLIP, file="clips/b.mp4")
    roots = {
        DatasetManifest.build(clips).root
        for clips in ([CLIP, other], [other, CLIP], [replace(CLIP, caption="a dog"), other], [replace(CLIP, fps=25.0), other], [CLIP])
    }
    assert len(roots) == 5
    assert all(root.startswith("sha256:") and len(root) == 71 for root in roots)


def test_canonical_json_is_one_form_only() -> None:
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
    with pytest.raises(ValueError):
        canonical(float("nan"))


def test_a_manifest_reads_back_as_it_was_saved(dataset: Path) -> None:
    manifest = DatasetManifest.load(dataset)
    manifest.verify(dataset)
    assert len(manifest.clips) == 4
    assert DatasetManifest.build(manifest.clips) == manifest


def test_an_altered_caption_breaks_the_seal(dataset: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    found = json.loads((copy / "manifest.json").read_text())
    found["clips"][0]["caption"] = "something else"
    (copy / "manifest.json").write_text(json.dumps(found))
    with pytest.raises(BadData, match="altered after sealing"):
        DatasetManifest.load(copy)


def test_an_altered_clip_is_named(dataset: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    clip = DatasetManifest.load(copy).clips[1]
    with (copy / clip.file).open("r+b") as file:
        file.seek(100)
        file.write(b"\xff")
    with pytest.raises(BadData, match=rf"{clip.file} was altered") as refused:
        DatasetManifest.load(copy).verify(copy)
    assert refused.value.exit == BAD_DATA
    (copy / clip.file).unlink()
    with pytest.raises(BadData, match=rf"{clip.file} is missing"):
        DatasetManifest.load(copy).verify(copy)


@pytest.mark.parametrize("file", ["../x.mp4", "/etc/passwd", "a/../../b", "", "a\0b", "..\\x"])
def test_a_manifest_cannot_name_files_outside_its_dataset(file: str) -> None:
    with pytest.raises(BadData, match="outside the dataset"):
        replace(CLIP, file=file)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"caption": "  "}, "has no caption"),
        ({"caption": "x" * 100_000}, "at most 4000"),
        ({"kind": "audio"}, "video or an image"),
        ({"frames": 0}, "must be positive"),
        ({"fps": 0.0}, "frames per second"),
    ],
)
def test_a_clip_says_what_is_wrong_with_it(change: dict[str, Any], says: str) -> None:
    with pytest.raises(BadData, match=says):
        replace(CLIP, **change)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "clips": [3], "root": ""}', '{"version": 9, "clips": [], "root": ""}'])
def test_what_is_no_manifest_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadData):
        DatasetManifest.load(tmp_path)


def test_a_directory_digest_depends_on_names_and_content_alone(tiny: Path, tiny_digest: str, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(tiny, copy)
    assert directory_digest(copy) == tiny_digest
    (copy / "README.md").write_text("changed")
    assert directory_digest(copy) != tiny_digest


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vae/diffusion_pytorch_model.bin", b"\x80\x04."),
        ("transformer/weights.pt", b"PK\x03\x04"),
        ("model.ckpt", b"anything"),
        ("model.pkl", b"anything"),
        ("tokenizer/harmless.json", b"\x80\x04\x95pickle"),
        ("README.md", b"PK\x03\x04zip"),
        ("run.py", b"print()"),
    ],
)
def test_a_base_with_anything_that_could_run_is_refused_unopened(name: str, content: bytes, tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "base"
    shutil.copytree(tiny, copy)
    (copy / name).write_bytes(content)
    with pytest.raises(BadJob, match=r"base\.path"):
        directory_digest(copy)


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x95pickle in disguise",
        b"PK\x03\x04" + bytes(100),
        (2**63).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{}" + b"left over",
        b"",
    ],
)
def test_weights_whose_header_does_not_add_up_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadJob, match=r"x\.safetensors"):
        tensor_shapes(path)


def test_a_name_that_stands_twice_in_a_header_is_refused(tmp_path: Path) -> None:
    header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(BadJob, match="twice"):
        tensor_shapes(path)


def test_a_link_in_a_base_is_refused(tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "base"
    shutil.copytree(tiny, copy)
    os.symlink("/etc/passwd", copy / "notes.txt")
    with pytest.raises(BadJob, match=r"notes\.txt is not a plain file"):
        directory_digest(copy)


def test_file_sha256_is_plain_hex(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert file_sha256(tmp_path / "x") == hashlib.sha256(b"abc").hexdigest()
