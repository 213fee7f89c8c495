"""Jobs, start to end: preflight, load, encode, validate, train, preview, export, verify. One, or several that share a pass.

Each job has its own directory, checkpoints and end. One that fails, stops or is done leaves; the others go on.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from operator import itemgetter
from pathlib import Path

import torch

from finetune.data import encode, store
from finetune.data.windows import schedule
from finetune.disk import files
from finetune.events import Listener
from finetune.exits import BadData, OutOfMemory
from finetune.families.model import Model
from finetune.job import Job
from finetune.planning import budget
from finetune.planning.plan import prepare
from finetune.results.memorised import Gallery
from finetune.running import device, starts
from finetune.running.finish import finish, held_out_loss, look_on_the_way, shot_of
from finetune.running.resident import Resident
from finetune.running.work import MANIFEST, Work
from finetune.training import checkpoint
from finetune.training.loop import Material, Pass, Seat, Step
from finetune.training.lora import Adapter, Stack

Failed = Callable[[Work, Exception], None]


def run(
    job: Job, out: Path, *, bases: Resident, tell: Listener, resume: bool = False, stopping: Callable[[], bool] = lambda: False
) -> Path:
    """Returns the path of the manifest it wrote. Raises one of `exits` when the run ends otherwise."""

    def failed(_work: Work, error: Exception) -> None:
        raise error

    run_many([Work(job, out, tell, stopping, resume)], bases=bases, failed=failed)
    return out / MANIFEST


class _Crowded(Exception):
    """Together they took more memory than there is; these have not ended."""

    def __init__(self, works: Sequence[Work]) -> None:
        super().__init__()
        self.works = list(works)


def run_many(works: Sequence[Work], *, bases: Resident, failed: Failed) -> None:
    """One pass for all, which must be such as `group` puts together. A job that does not end well is told of to `failed`.

    Where memory does not hold them all, those that are left go on one after the other, from their checkpoints.
    """
    left: list[Work] = []
    try:
        _pass(_each(works, failed, _plan), bases, failed)
    except _Crowded as crowded:
        left = crowded.works
    for work in left:
        device.forget()
        run_many([replace(work, resume=True, start=None)], bases=bases, failed=failed)


def _pass(works: list[Work], bases: Resident, failed: Failed) -> None:
    found: list[budget.Way] = []
    works = _together(works, failed, lambda: found.append(_way(works)))
    works = _each(works, failed, partial(_load, bases=bases, way=found[0])) if works else []
    if works:
        model = _load(works[0], bases, found[0], quietly=True)
        try:
            model.carry(works[0].plan.houses)
            model.checkpointing(found[0].checkpointing)
            _run(works, model, failed)
        finally:
            model.checkpointing(False)
            model.carry({})


def _way(works: list[Work]) -> budget.Way:
    return budget.choose([work.plan for work in works], device.kind(), device.memory()) if works else budget.WAYS[device.kind()][0]


def _run(works: list[Work], model: Model, failed: Failed) -> None:
    works = _together(works, failed, partial(starts.find, works))
    works = _together(works, failed, partial(_preflight, works, model))
    works = _each(works, failed, partial(_encode, model=model))
    if works:
        _together(works, failed, lambda: Lane(works, model, failed).run())


def _each(works: Sequence[Work], failed: Failed, do: Callable[[Work], object]) -> list[Work]:
    """Those for which it went well."""
    return [work for work in works if _well(work, failed, partial(do, work))]


def _together(works: list[Work], failed: Failed, do: Callable[[], object]) -> list[Work]:
    """What fails for all at once is told to each that is still among `works`; too little memory for several only ends the pass."""
    error = _outcome(do)
    if isinstance(error, OutOfMemory) and len(works) > 1:
        raise _Crowded(works)
    for work in works if error else []:
        failed(work, error)  # type: ignore[arg-type]
    return [] if error else works


def _well(work: Work, failed: Failed, do: Callable[[], object]) -> bool:
    if error := _outcome(do):
        failed(work, error)
    return error is None


def _outcome(do: Callable[[], object]) -> Exception | None:
    try:
        with files.guarded(), _memory():
            do()
    except Exception as error:
        return error
    return None


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


def _plan(work: Work) -> None:
    work.out.mkdir(parents=True, exist_ok=True)
    with work.phase("preflight"):
        work.plan = prepare(work.job)


def _load(work: Work, bases: Resident, way: budget.Way, quietly: bool = False) -> Model:
    job = work.job
    with nullcontext() if quietly else work.phase("load"):
        return bases.get(job.family, job.base.path, job.base.digest, way.dtype)


def _stack(works: list[Work], model: Model) -> Stack:
    adapters = [Adapter(work.plan.layers, work.job.knobs.rank, work.job.knobs.alpha, work.job.seed) for work in works]
    return Stack(adapters, works[0].plan.facts.layers, model.device)


def _preflight(works: list[Work], model: Model) -> None:
    """Two steps of all and a preview's decoding at the real shape, thrown away: what does not fit into memory fails here, in seconds."""
    if all(work.start for work in works):
        return
    first, knobs = works[0], works[0].job.knobs
    with first.phase("preflight"):
        model.put_on(_stack(works, model))
        clips = knobs.batch_size * len(works)
        blank = torch.zeros((1, knobs.frames, knobs.height, knobs.width, 3), dtype=torch.uint8).numpy()
        latents, text = model.encode_clips(blank).expand(clips, -1, -1, -1, -1), model.encode_text([""])
        sigma = model.sigmas(torch.full((clips,), 0.5)).to(model.device)
        for _ in range(2):
            model.loss(latents, text.expand(clips, -1, -1), sigma, torch.zeros_like(latents)).mean().backward()
        model.take_off()
        if any(work.job.previews for work in works):
            model.sample(replace(shot_of(first.plan, text, text, seed=0), steps=1), lambda: None)


def _encode(work: Work, model: Model) -> None:
    """Clips and captions, and what the bare base makes of the held-out ones."""
    job, knobs, split = work.job, work.job.knobs, work.plan.split
    kept = store.Store(store.directory(work.out), job.base.digest)
    see = partial(encode.clips, model, kept, Path(job.dataset.path), trigger=knobs.trigger, pause=work.pause, opening=work.opening)
    with work.phase("encode"):
        shown, work.held_out = see(split.train), see(split.held_out)
        work.opening(None)
        plain = shown.plain if knobs.preserve else ()
        spoken = [*shown.captions, *plain, *work.held_out.captions, *(each.prompt for each in job.previews)]
        text = encode.texts(model, kept, spoken)
    if job.previews:
        work.gallery = Gallery(split.train, shown, work.held_out)
    work.material = Material(shown, text, schedule(split.train, steps=knobs.steps, batch_size=knobs.batch_size, seed=job.seed))
    if "before" not in work.progress.validation:
        with work.phase("validate"):
            held_out_loss(work, model, "before")


class Lane:
    """The jobs that are still training, and their pass. `works` i is seat i."""

    def __init__(self, works: list[Work], model: Model, failed: Failed) -> None:
        self.works, self.model, self.failed = works, model, failed
        seats = [Seat(work.job.knobs, work.job.seed, work.material, work.progress.step) for work in works]
        self.training = Pass(model, _stack(works, model), seats)
        for index, work in enumerate(works):
            if work.start:
                checkpoint.restore(work.start, self.training, index)
            elif work.plan.beginnings:
                checkpoint.begin(work.plan.beginnings, self.training, index)

    def run(self) -> None:
        for work in list(self.works):
            work.say("phase", name="train")
            if work.trained:
                _well(work, self.failed, partial(self._finish, work))
                self._leave(work)
        self._introduce()
        self.model.put_on(self.training.stack)
        for steps in self.training.steps():
            taken = [(work.ends(step), work, step) for work, step in zip(self.works, steps, strict=True)]
            for last, work, step in sorted(taken, key=itemgetter(0)):  # the last steps come last, since what follows takes long
                if not _well(work, self.failed, partial(self._after, work, step, last)) or last:
                    self._leave(work)

    def _introduce(self) -> None:
        for work in self.works:
            others = {other.job.id for other in self.works if other is not work}
            work.progress.shared_pass_with = sorted(others.union(work.progress.shared_pass_with))

    def _leave(self, work: Work) -> None:
        self.training.leave(self.works.index(work))
        self.works.remove(work)

    def _after(self, work: Work, step: Step, last: bool) -> None:
        if work.chosen:
            self._go_back(work, work.out / work.chosen)
        else:
            self._took(work, step, last)
        if last:
            self._finish(work)

    def _go_back(self, work: Work, kept: Path) -> None:
        checkpoint.restore(kept, self.training, self.works.index(work))
        work.progress, work.start = checkpoint.load(kept), kept
        work.rewind()

    def _took(self, work: Work, step: Step, last: bool) -> None:
        """A stop asked for takes effect after the step in hand, behind a checkpoint."""
        knobs = work.job.knobs
        if not step.finite:
            raise BadData(f"The loss is no longer a number at step {step.number}: lower knobs.learning_rate or look for broken clips.")
        work.took(step)
        stop = work.stopping()
        if stop or last or step.number % knobs.checkpoint_every == 0:
            path = checkpoint.save(work.out, work.progress, self.training, self.works.index(work), forget=not work.keep)
            work.say("checkpoint", step=step.number, path=path.as_posix(), loss=work.progress.loss_last)
        if stop:
            work.pause()
        if not last and knobs.preview_every and step.number % knobs.preview_every == 0:
            with self._alone(work):
                look_on_the_way(work, self.model)

    def _finish(self, work: Work) -> None:
        with self._alone(work) as stack:
            finish(work, self.model, stack)

    @contextmanager
    def _alone(self, work: Work) -> Iterator[Stack]:
        """The job's adapter on the base by itself, as its user will have it."""
        stack = self.training.stack.alone(self.works.index(work))
        self.model.put_on(stack)
        try:
            yield stack
        finally:
            self.model.put_on(self.training.stack)
