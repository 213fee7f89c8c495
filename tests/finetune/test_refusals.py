"""What `check` says no to, as a person at a shell meets it: the exit code, one line, and not a weight loaded on the way."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from finetune.cli import main
from finetune.manifest import Clip, DatasetManifest

Job = dict[str, Any]
Make = Callable[..., Job]
NOWHERE = "sha256:" + "0" * 64


def knobs(**changes: Any) -> Callable[[Job, Path], None]:
    return lambda job, _: job["knobs"].update(changes)


def unknown_family(job: Job, _: Path) -> None:
    job["family"] = "sdxl"


def wrong_digest(job: Job, _: Path) -> None:
    job["base"]["digest"] = NOWHERE


def no_base(job: Job, room: Path) -> None:
    job["base"]["path"] = str(room / "nowhere")


def pickle_in_base(job: Job, room: Path) -> None:
    """A pickle whose name is harmless, and which would tell if it were opened by what opens pickles."""
    shutil.copytree(job["base"]["path"], room / "base")
    (room / "base/tokenizer/added.json").write_bytes(b"\x80\x04cos\nsystem\n(S'touch opened'\ntR.")
    job["base"]["path"] = str(room / "base")


def clips(change: Callable[[tuple[Clip, ...]], list[dict[str, Any]]]) -> Callable[[Job, Path], None]:
    """The dataset with other entries in its manifest, sealed again where that can be."""

    def spoil(job: Job, room: Path) -> None:
        shutil.copytree(job["dataset"]["path"], room / "dataset")
        entries = change(DatasetManifest.load(room / "dataset").clips)
        try:
            root = DatasetManifest.build([Clip(**entry) for entry in entries]).root
        except Exception:
            root = NOWHERE
        (room / "dataset/manifest.json").write_text(json.dumps({"version": 1, "clips": entries, "root": root}))
        job["dataset"] = {"path": str(room / "dataset"), "root": root}

    return spoil


CASES: dict[str, tuple[Callable[[Job, Path], None], int, str]] = {
    "unknown family": (unknown_family, 2, "family 'sdxl' is unknown; choose one of: "),
    "wrong base digest": (wrong_digest, 2, "base.digest is not that of"),
    "no base": (no_base, 2, "base.path: there is no directory"),
    "a pickle": (pickle_in_base, 2, "base.path: tokenizer/added.json holds a pickle"),
    "targets that match nothing": (knobs(targets=["attn9"]), 2, "knobs.targets: 'attn9' matches no layer of this base"),
    "a rank larger than a layer": (knobs(rank=193), 2, "knobs.rank is 193, larger than"),
    "a size the base cannot take": (knobs(width=36), 2, "knobs.width is 36; this base needs a multiple of 8"),
    "an odd number of frames": (knobs(frames=8), 2, "knobs.frames is 8"),
    "a knob that is spelt wrongly": (knobs(stepz=1), 2, "unknown field 'stepz'"),
    "no clips": (clips(lambda _: []), 3, "The dataset has no clips: add at least one."),
    "one clip of one window": (clips(lambda found: [asdict(found[0])]), 3, "is all there is and fills one window"),
    "clips too short": (knobs(frames=81, fps=16), 3, "Every clip is too short"),
    "a caption missing": (clips(lambda found: [{**asdict(found[0]), "caption": " "}]), 3, "has no caption: write one sentence"),
    "a clip altered": (clips(lambda found: [asdict(replace(each, sha256="0" * 64)) for each in found]), 3, "was altered after sealing"),
    "a clip missing": (clips(lambda found: [asdict(replace(each, file=f"clips/x{each.file[6:]}")) for each in found]), 3, "is missing"),
}


@pytest.mark.parametrize("name", CASES)
def test_check_says_no_in_one_line(name: str, job_dict: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, code, says = CASES[name]
    job = job_dict()
    spoil(job, tmp_path)
    (tmp_path / "job.json").write_text(json.dumps(job))
    assert main(["check", str(tmp_path / "job.json")]) == code
    told = capsys.readouterr()
    assert says in told.err
    assert (told.out, len(told.err.strip().splitlines()), told.err.strip()[-1]) == ("", 1, ".")
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(("text", "says"), [("{", "is not JSON"), ("[]", "job must be a JSON object"), (None, "cannot be read")])
def test_what_is_no_job_file_gets_a_line_too(text: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "job.json"
    if text is not None:
        path.write_text(text)
    assert main(["check", str(path)]) == 2
    assert says in capsys.readouterr().err


def test_it_says_no_and_yes_where_nothing_that_loads_weights_is_installed(job_dict: Make, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(job_dict()))
    barred = "".join(
        f"sys.modules[{name!r}] = None; " for name in ("torch", "safetensors", "diffusers", "transformers", "peft", "numpy", "av")
    )
    code = f"import sys; {barred}from finetune.cli import main; sys.exit(main(['check', {str(tmp_path / 'job.json')!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "trn_test is in order" in done.stdout
