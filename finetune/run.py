"""One job, start to end: preflight, load, encode, validate, train, preview, export, verify."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from finetune import checkpoint, encode, export, files, previews, store, train, validate
from finetune.checkpoint import Progress
from finetune.encode import Encoded
from finetune.events import Event, Listener, event, rounded
from finetune.exits import OutOfMemory, Stopped
from finetune.families.model import Adapter, Model, Shot
from finetune.job import Job
from finetune.media import Frames
from finetune.plan import Plan, prepare
from finetune.resident import Resident
from finetune.windows import schedule

VERSION = 1
METRICS = "metrics.jsonl"
MANIFEST = "manifest.json"


@dataclass
class Run:
    """A job at work in its output directory. `stopping` is asked between steps."""

    job: Job
    out: Path
    tell: Listener
    stopping: Callable[[], bool]
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        self.progress = Progress(self.job.digest)

    def say(self, name: str, /, **facts: Any) -> None:
        self._log(event(name, self.job.id, **facts))

    def _log(self, told: Event) -> None:
        if told.event in ("step", "validation", "checkpoint"):
            with (self.out / METRICS).open("a", encoding="utf-8") as file:
                file.write(told.line + "\n")
        self.tell(told)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.say("phase", name=name)
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = self.progress.seconds.get(name, 0.0) + time.perf_counter() - began
            self.progress.seconds[name] = round(spent, 3)

    def pause(self) -> None:
        """Between two pieces of work outside the loop: the last checkpoint is what a resumed run starts from."""
        if self.stopping():
            raise Stopped(f"Stopped at step {self.progress.step} of {self.job.knobs.steps}; resume to go on.")


def run(
    job: Job, out: Path, *, bases: Resident, tell: Listener, resume: bool = False, stopping: Callable[[], bool] = lambda: False
) -> Path:
    """Returns the path of the manifest it wrote. Raises one of `exits` when the run ends otherwise."""
    work = Run(job, out, tell, stopping)
    with files.guarded(), _memory():
        out.mkdir(parents=True, exist_ok=True)
        with work.phase("preflight"):
            plan = prepare(job)
        with work.phase("load"):
            model = bases.get(job.family, job.base.path, job.base.digest)
        try:
            return _run(work, plan, model, resume)
        finally:
            model.take_off()


@contextmanager
def _memory() -> Iterator[None]:
    sentence = "Out of memory: choose a smaller batch_size, fewer frames or a smaller size."
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfMemory(sentence) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):
            raise
        raise OutOfMemory(sentence) from error


def _run(work: Run, plan: Plan, model: Model, resume: bool) -> Path:
    job, knobs = work.job, work.job.knobs
    (work.out / MANIFEST).unlink(missing_ok=True)
    found = checkpoint.latest(work.out, job.digest) if resume else None
    if found is not None:
        work.progress = found[1]
    else:
        checkpoint.clear(work.out)
    _rewind(work.out / METRICS, work.progress.step if found else -1)
    parameters = model.put_on(Adapter(plan.layers, knobs.rank, knobs.alpha, job.seed))
    adamw = train.optimiser(parameters, knobs)
    if found is not None:
        checkpoint.restore(found[0], parameters, adamw)
    else:
        with work.phase("preflight"):
            _preflight(model, plan, parameters)
    material, held_out = _encode(work, plan, model)
    if "before" not in work.progress.validation:
        with work.phase("validate"), model.bare():
            _validate(work, model, held_out, material.text, "before")
    work.say("phase", name="train")
    _train(work, plan, model, material, parameters, adamw)
    if "after" not in work.progress.validation:
        with work.phase("validate"):
            _validate(work, model, held_out, material.text, "after")
    with work.phase("preview"):
        shown = _previews(work, plan, model, material.text)
    with work.phase("export"):
        adapter = {name: parameter.detach().cpu().clone().contiguous() for name, parameter in parameters.items()}
        written = export.write(work.out, plan, adapter)
    with work.phase("verify"):
        exported = export.verify(work.out, model, written, lambda: _probe(model, held_out, material.text), work.pause)
    return _finish(work, plan, shown, exported)


def _rewind(metrics: Path, step: int) -> None:
    """Leaves out what was told of steps that will be taken again."""
    if metrics.exists():
        lines = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
        files.write_text(metrics, "".join(line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step))


def _preflight(model: Model, plan: Plan, parameters: dict[str, torch.nn.Parameter]) -> None:
    """Two steps and a preview's decoding at the real shape, thrown away: what does not fit into memory fails here, in seconds."""
    knobs = plan.job.knobs
    blank = torch.zeros((1, knobs.frames, knobs.height, knobs.width, 3), dtype=torch.uint8).numpy()
    latents = model.encode_clips(blank).expand(knobs.batch_size, -1, -1, -1, -1)
    text = model.encode_text([""]).expand(knobs.batch_size, -1, -1)
    for _ in range(2):
        sigma = model.sigmas(torch.full((knobs.batch_size,), 0.5)).to(model.device)
        model.loss(latents, text, sigma, torch.zeros_like(latents)).mean().backward()
    for parameter in parameters.values():
        parameter.grad = None
    if plan.job.previews:
        model.sample(replace(_shot(plan, text[:1], text[:1], seed=0), steps=1), lambda: None)


def _encode(work: Run, plan: Plan, model: Model) -> tuple[train.Material, Encoded]:
    job, knobs = work.job, work.job.knobs
    with work.phase("encode"):
        kept = store.Store(store.directory(work.out), job.base.digest)
        root = Path(job.dataset.path)
        shown = encode.clips(model, kept, root, plan.split.train, knobs, work.pause)
        held_out = encode.clips(model, kept, root, plan.split.held_out, knobs, work.pause)
        text = encode.texts(model, kept, [*shown.captions, *held_out.captions, *(each.prompt for each in job.previews)])
    order = schedule(plan.split.train, steps=knobs.steps, batch_size=knobs.batch_size, seed=job.seed)
    return train.Material(shown, text, order), held_out


def _validate(work: Run, model: Model, held_out: Encoded, text: dict[str, torch.Tensor], when: str) -> None:
    loss = validate.held_out_loss(model, held_out, text, work.pause)
    work.progress.validation[when] = rounded(loss)
    work.say("validation", step=work.progress.step, loss=rounded(loss))


def _train(
    work: Run, plan: Plan, model: Model, material: train.Material, parameters: dict[str, torch.nn.Parameter], adamw: torch.optim.AdamW
) -> None:
    """A stop asked for takes effect after the step in hand, behind a checkpoint."""
    knobs, progress = work.job.knobs, work.progress
    for step in train.steps(model, material, knobs, work.job.seed, parameters, adamw, progress.step):
        progress.step, progress.loss_last = step.number, rounded(step.loss)
        progress.loss_first = progress.loss_last if progress.loss_first is None else progress.loss_first
        progress.seconds["train"] = round(progress.seconds.get("train", 0.0) + step.seconds, 3)
        work.say(
            "step",
            step=step.number,
            steps=knobs.steps,
            loss=rounded(step.loss),
            learning_rate=rounded(step.learning_rate),
            seconds_per_step=rounded(step.seconds),
        )
        stop = work.stopping()
        if stop or step.number % knobs.checkpoint_every == 0 or step.number == knobs.steps:
            _checkpoint(work, parameters, adamw)
        if stop:
            work.pause()
        if knobs.preview_every and step.number % knobs.preview_every == 0 and step.number < knobs.steps:
            for index in range(len(work.job.previews)):
                _preview(work, plan, model, material.text, index, "custom")


def _checkpoint(work: Run, parameters: dict[str, torch.nn.Parameter], adamw: torch.optim.AdamW) -> None:
    path = checkpoint.save(work.out, work.progress, parameters, adamw)
    work.say("checkpoint", step=work.progress.step, path=path.as_posix(), loss=work.progress.loss_last)


def _previews(work: Run, plan: Plan, model: Model, text: dict[str, torch.Tensor]) -> dict[str, Any]:
    """Clips of the bare base, clips of the custom model, and the sheet that shows both."""
    pairs = []
    for index, wanted in enumerate(work.job.previews):
        with model.bare():
            base = _preview(work, plan, model, text, index, "base")
        pairs.append(previews.Pair(wanted.prompt, base, _preview(work, plan, model, text, index, "custom")))
    if not pairs:
        return {"base": [], "custom": [], "sheet": None}
    previews.save_sheet(work.out / "previews" / "sheet.png", pairs)
    return {
        "base": [_preview_path(index, "base", 0) for index in range(len(pairs))],
        "custom": [_preview_path(index, "custom", work.progress.step) for index in range(len(pairs))],
        "sheet": "previews/sheet.png",
    }


def _preview_path(index: int, which: str, step: int) -> str:
    return f"previews/{index:02d}-base.mp4" if which == "base" else f"previews/{index:02d}-custom-{step:06d}.mp4"


def _shot(plan: Plan, text: torch.Tensor, empty: torch.Tensor, seed: int) -> Shot:
    knobs, native = plan.job.knobs, plan.facts.native
    return Shot(
        text=text,
        empty=empty,
        seed=seed,
        height=knobs.height,
        width=knobs.width,
        frames=knobs.frames,
        steps=knobs.sampling_steps or native.sampling_steps,
        guidance=native.guidance if knobs.guidance is None else knobs.guidance,
    )


def _preview(work: Run, plan: Plan, model: Model, text: dict[str, torch.Tensor], index: int, which: str) -> Frames:
    knobs, wanted = work.job.knobs, work.job.previews[index]
    shot = _shot(plan, text[wanted.prompt][None].to(model.device), text[""][None].to(model.device), wanted.seed)
    frames = model.sample(shot, work.pause)
    step = 0 if which == "base" else work.progress.step
    path = _preview_path(index, which, step)
    previews.save_clip(work.out / path, frames, knobs.fps)
    work.say("preview", which=which, step=step, prompt=wanted.prompt, seed=wanted.seed, path=path)
    return frames


@torch.no_grad()
def _probe(model: Model, held_out: Encoded, text: dict[str, torch.Tensor]) -> torch.Tensor:
    """The losses of one held-out clip at three noise levels, as a fingerprint of what the adapter does."""
    latents = held_out.latents[0][None].to(model.device)
    words = text[held_out.captions[0]][None].to(model.device)
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(7)).to(model.device)
    levels = model.sigmas(torch.tensor([0.1, 0.5, 0.9])).to(model.device)
    return torch.cat([model.loss(latents, words, level[None], noise) for level in levels])


def _finish(work: Run, plan: Plan, shown: dict[str, Any], exported: list[export.Exported]) -> Path:
    job, progress = work.job, work.progress
    manifest = {
        "version": VERSION,
        "job": job.id,
        "job_digest": job.digest,
        "base": {"id": plan.facts.id, "digest": job.base.digest},
        "dataset": {
            "root": job.dataset.root,
            "windows": len(plan.split.train),
            "held_out": len(plan.split.held_out),
            "skipped": list(plan.split.skipped),
        },
        "knobs": job.to_dict()["knobs"],
        "layers": len(plan.layers),
        "seed": job.seed,
        "steps": progress.step,
        "tokens_per_step": plan.tokens,
        "loss_first": progress.loss_first,
        "loss_last": progress.loss_last,
        "validation_before": progress.validation["before"],
        "validation_after": progress.validation["after"],
        "seconds": progress.seconds,
        "shared_pass_with": progress.shared_pass_with,
        "files": [asdict(each) for each in exported],
        "previews": shown,
        "metadata": job.metadata,
    }
    path = work.out / MANIFEST
    files.write_text(path, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    facts = ("steps", "loss_first", "loss_last", "validation_before", "validation_after", "seconds")
    work.say("done", manifest=path.name, **{name: manifest[name] for name in facts})
    return path
