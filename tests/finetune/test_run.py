"""What a run leaves behind and what it tells on the way."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from finetune.data import encode, media
from finetune.data.draw import draw
from finetune.data.seal import seal
from finetune.data.windows import with_trigger
from finetune.events import Event, parse
from finetune.exits import Stopped
from finetune.families.wan import Wan
from finetune.job import Job
from finetune.manifest import DatasetManifest
from finetune.running.resident import Resident
from finetune.running.run import run

from .conftest import Ran


def test_it_takes_exactly_as_many_optimiser_steps_as_asked(ran: Ran) -> None:
    assert [step["step"] for step in ran.of("step")] == [1, 2, 3, 4, 5, 6]
    assert ran.manifest["steps"] == 6


def test_validation_loss_on_held_out_clips_falls(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    ran = train(job_dict(steps=25, top={"previews": []}), tmp_path / "out")
    assert ran.manifest["validation_after"] < ran.manifest["validation_before"]


def test_phases_come_in_order_and_the_run_ends_with_done(ran: Ran) -> None:
    phases = list(dict.fromkeys(phase["name"] for phase in ran.of("phase")))
    assert phases == ["preflight", "load", "encode", "validate", "train", "preview", "export", "verify"]
    assert ran.events[-1].event == "done"
    assert ran.events[-1].facts["manifest"] == "manifest.json"


def test_two_trial_steps_of_the_real_shape_come_before_anything_is_encoded(
    job_dict: Callable[..., Any], bases: Resident, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[int, ...]] = []
    phases: list[str] = []
    honest = Wan.loss

    def watched(model: Wan, latents: Any, *rest: Any) -> Any:
        tried.append(tuple(latents.shape))
        return honest(model, latents, *rest)

    def tell(told: Event) -> None:
        phases.append(told.facts.get("name", told.event))

    monkeypatch.setattr(Wan, "loss", watched)
    with pytest.raises(Stopped):
        run(Job.from_dict(job_dict(batch_size=3)), tmp_path / "out", bases=bases, tell=tell, stopping=lambda: "encode" in phases)
    assert tried == [(3, 16, 5, 8, 8)] * 2


class Killed(BaseException):
    """Stands for a decoder that takes the process along."""


def test_each_clip_is_named_before_it_is_decoded(
    job_dict: Callable[..., Any], dataset: Path, bases: Resident, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_CACHE", str(tmp_path / "cache"))
    job = Job.from_dict(job_dict(steps=1, top={"previews": []}))
    told: list[Event] = []
    opened: list[str] = []

    def deadly(path: Path, windows: Any) -> Any:
        opened.append(path.name)
        if len(opened) == 3:
            raise Killed
        return media.read_windows(path, windows)

    with monkeypatch.context() as patch:
        patch.setattr(encode, "read_windows", deadly)
        with pytest.raises(Killed):
            run(job, tmp_path / "out", bases=bases, tell=told.append)
    assert told[-1].facts["clip"] == f"clips/{opened[-1]}"

    before = len(told)
    run(job, tmp_path / "out", bases=bases, tell=told.append)
    named = [each.facts["clip"] for each in told if "clip" in each.facts]
    assert set(named) == {clip.file for clip in DatasetManifest.load(dataset).clips} | {None}
    assert [each.facts["clip"] for each in told[before:] if "clip" in each.facts][-1] is None


def test_every_event_is_one_line_that_reads_back(ran: Ran) -> None:
    for event in ran.events:
        assert "\n" not in event.line
        assert parse(event.line).facts == event.facts


def test_everything_told_of_is_there(ran: Ran) -> None:
    told = [fact["path"] for name in ("preview", "checkpoint") for fact in ran.of(name)]
    named = [file["path"] for file in ran.manifest["files"]]
    shown = ran.manifest["previews"]
    for path in [*told, *named, *shown["base"], *shown["custom"], shown["sheet"]]:
        assert (ran.out / path).exists(), path


def test_nothing_is_left_under_a_temporary_name(ran: Ran) -> None:
    assert [path for path in ran.out.rglob(".*")] == []


def test_previews_play_as_h264_and_are_large_enough_to_see(ran: Ran) -> None:
    with av.open(str(ran.out / ran.manifest["previews"]["custom"][0])) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 256, 256)
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert sum(1 for _ in container.decode(stream)) == 9


def test_the_sheet_shows_base_over_custom_and_they_differ(ran: Ran) -> None:
    with Image.open(ran.out / "previews/sheet.png") as sheet:
        base = sheet.crop((80, 40, 200, 160)).tobytes()
        custom = sheet.crop((80, 40 + 132, 200, 160 + 132)).tobytes()
    assert base != custom


def test_the_base_preview_does_not_depend_on_the_adapter(
    ran: Ran, train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path
) -> None:
    other = train(job_dict(learning_rate=0.01, steps=2), tmp_path / "out")
    path = "previews/00-base.mp4"
    assert (other.out / path).read_bytes() == (ran.out / path).read_bytes()


def test_the_manifest_names_base_data_and_rules(ran: Ran, job_dict: Callable[..., Any]) -> None:
    job = job_dict()
    assert ran.manifest["base"]["digest"] == job["base"]["digest"]
    assert ran.manifest["dataset"]["root"] == job["dataset"]["root"]
    assert ran.manifest["metadata"]["licence"] == "lic_1"
    assert ran.manifest["shared_pass_with"] == []
    assert set(ran.manifest["seconds"]) >= {"load", "encode", "train", "preview"}


def test_metrics_hold_each_step_once(ran: Ran) -> None:
    steps = [parse(line).facts["step"] for line in (ran.out / "metrics.jsonl").read_text().splitlines() if parse(line).event == "step"]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_a_second_run_of_the_same_clips_decodes_nothing(
    ran: Ran, train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a clip was read again")

    monkeypatch.setattr(encode, "read_windows", never)
    assert media.read_windows is not never
    train(job_dict(steps=1, top={"previews": []}), tmp_path / "out")


def test_previews_can_be_had_on_the_way(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    ran = train(job_dict(steps=2, preview_every=1, sampling_steps=1), tmp_path / "out")
    assert [(each["which"], each["step"]) for each in ran.of("preview")] == [("custom", 1), ("base", 0), ("custom", 2)]
    assert [each["step"] for each in ran.of("validation")] == [0, 1, 2]
    assert [ran.of("validation")[0]["loss"], ran.of("validation")[-1]["loss"]] == [
        ran.manifest["validation_before"],
        ran.manifest["validation_after"],
    ]


def test_stills_train_beside_clips(clips: Path, train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    shutil.copytree(clips, tmp_path / "clips")
    for index in range(3):
        Image.effect_noise((80, 48), 40 + index).convert("RGB").save(tmp_path / f"clips/still-{index}.png")
        (tmp_path / f"clips/still-{index}.txt").write_text("grey noise")
    root = seal(tmp_path / "clips", tmp_path / "sealed").root
    ran = train(job_dict({"dataset": {"path": str(tmp_path / "sealed"), "root": root}, "previews": []}, steps=8), tmp_path / "out")
    assert ran.manifest["dataset"]["windows"] == 6
    assert ran.manifest["steps"] == 8


def test_one_long_clip_is_enough(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    draw(tmp_path / "clips", count=1, style="neon", seed=2, size=48, seconds=7)
    root = seal(tmp_path / "clips", tmp_path / "sealed").root
    ran = train(job_dict({"dataset": {"path": str(tmp_path / "sealed"), "root": root}, "previews": []}, steps=2), tmp_path / "out")
    assert (ran.manifest["dataset"]["windows"], ran.manifest["dataset"]["held_out"]) == (2, 1)


def test_the_trigger_is_put_in_front_of_captions_that_lack_it() -> None:
    assert with_trigger(" a cat ", "") == "a cat"
    assert with_trigger("a cat", "neonstyle") == "neonstyle a cat"
    assert with_trigger("a Neonstyle cat", "neonstyle") == "a Neonstyle cat"
