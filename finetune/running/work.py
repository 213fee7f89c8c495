"""A job at work in its output directory: what it is, how far it is, whom it tells."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.data.encode import Encoded
from finetune.disk import files
from finetune.events import Event, Listener, event, parse, rounded
from finetune.exits import Stopped
from finetune.job import Job
from finetune.planning.plan import Plan
from finetune.results.memorised import Gallery
from finetune.training.checkpoint import Progress
from finetune.training.loop import Material, Step

METRICS = "metrics.jsonl"
METERED = ("step", "validation", "checkpoint", "memorisation")
MANIFEST = "manifest.json"


@dataclass(eq=False)
class Work:
    """`stopping` and `enough` are asked between steps. What later phases need is filled in by earlier ones; `start`: the checkpoint to go
    on from.

    `content`: with the steps that the checkpoint has; its results are made without another. `enough` answers with what to be content
    with meanwhile: a checkpoint of it in `out`, or nothing for the steps that it has now; None to go on. `chosen`: its last answer.
    `keep`: every checkpoint stays; whoever asked for the run removes those that are no longer needed.
    """

    job: Job
    out: Path
    tell: Listener
    stopping: Callable[[], bool] = lambda: False
    resume: bool = False
    content: bool = False
    enough: Callable[[], str | None] = lambda: None
    chosen: str | None = None
    keep: bool = False
    progress: Progress = field(init=False)
    plan: Plan = field(init=False)
    material: Material = field(init=False)
    held_out: Encoded = field(init=False)
    gallery: Gallery = field(init=False)
    start: Path | None = None

    def __post_init__(self) -> None:
        self.progress = Progress(self.job.digest)

    @property
    def trained(self) -> bool:
        return self.progress.step == self.job.knobs.steps or (self.content and self.start is not None)

    def ends(self, step: Step) -> bool:
        """Whether this is its last one."""
        self.chosen = self.enough()
        return self.chosen is not None or step.number == self.job.knobs.steps

    def say(self, name: str, /, **facts: Any) -> None:
        self._log(event(name, self.job.id, **facts))

    def _log(self, told: Event) -> None:
        if told.event in METERED:
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

    def opening(self, clip: str | None) -> None:
        """Said before a clip is decoded, and with none after the last: should a decoder end the process, whoever listens knows the clip."""
        self.say("phase", name="encode", clip=clip)

    def pause(self) -> None:
        """Between two pieces of work outside the loop: the last checkpoint is what a resumed run starts from."""
        if self.stopping():
            raise Stopped(f"Stopped at step {self.progress.step} of {self.job.knobs.steps}; resume to go on.")

    def took(self, step: Step) -> None:
        progress, loss = self.progress, rounded(step.loss)
        progress.step, progress.loss_last = step.number, loss
        progress.loss_first = loss if progress.loss_first is None else progress.loss_first
        progress.seconds["train"] = round(progress.seconds.get("train", 0.0) + step.seconds, 3)
        self.say(
            "step",
            step=step.number,
            steps=self.job.knobs.steps,
            loss=loss,
            learning_rate=rounded(step.learning_rate),
            seconds_per_step=rounded(step.seconds),
        )

    def told(self, name: str) -> list[dict[str, Any]]:
        """The facts of every such event in the metrics."""
        events = [parse(line) for line in (self.out / METRICS).read_text(encoding="utf-8").splitlines()]
        return [told.facts for told in events if told.event == name]

    def rewind(self) -> None:
        """Leaves out of the metrics what was told of steps that will be taken again."""
        metrics, step = self.out / METRICS, self.progress.step if self.start else -1
        if metrics.exists():
            lines = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
            files.write_text(metrics, "".join(line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step))
