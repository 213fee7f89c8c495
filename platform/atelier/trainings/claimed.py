"""One claim, from fetching to publishing. The engine does the computing, of this one and of those that share its pass."""

import errno
import json
import logging
import queue
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from atelier.kit import traces
from atelier.kit.refused import Refused
from atelier.licences import policies
from atelier.material import queries as material
from finetune.job import Dataset
from finetune.manifest import digest

from . import live, running, seat, slots, transfer
from .actions import job_of
from .curve import Thinned
from .door import Door, Late
from .engine import Engine, EngineDied, Order
from .models import Training
from .pulse import Pulse
from .queue import Claim
from .states import TrainingState

log = logging.getLogger(__name__)
# An engine that says nothing for this long is taken for dead. Loading and encoding a large base is the longest silence.
SILENCE_SECONDS = 600.0
POLL_SECONDS = 0.5
STOP_SECONDS = 60.0
STOPPED, BAD_JOB, BAD_DATA = 75, 2, 3


class Stop(Exception):
    """The run is to end because of orders from the heartbeat, or because the worker drains."""


class Run:
    """The life of one claim. `engine`: who has the order, once it is through the door."""

    def __init__(self, got: Claim, folder: Path, pulse: Pulse, door: Door) -> None:
        self.id, self.fence, self.folder, self.pulse, self.door = got.training, got.fence, folder, pulse, door
        self.out = folder / "out"
        self.training = Training.objects.select_related("quote__dataset", "licence").get(pk=got.training)
        self.name = self.training.public_id
        self.thinned = Thinned(self.training.steps)
        self.waited_since = self._waited_since()
        self.step, self.ending = 0, False
        self.engine: Engine | None = None
        self.speed = slots.Speed()

    def go(self) -> str:
        """The claim's part of the trace that began with the click: what it waited, then what was done."""
        row, about = self.training, {"training": self.name, "fence": self.fence, "worker": slots.name()}
        traces.past(row.trace, "training.wait", self.waited_since, **about)
        with traces.continued(row.trace, "training.run", **about) as run:
            said = self.see_through()
            run.set_attribute("outcome", said)
            return said

    def see_through(self) -> str:
        """Turns every way in which a run can end into the one fenced write that belongs to it."""
        try:
            with traces.span("training.prepare"):
                job = self.prepare()
            return self.publish(self.results(job))
        except Stop:
            return self.stopped()
        except Late:
            return self.hand_back("late")
        except EngineDied as death:
            log.warning("training %s: %s", self.id, death)
            return running.died(self.id, self.fence, self.engine.decoding(self.name) if self.engine else "")
        except EngineSaidNo as no:
            return self.refused(no)
        except Refused as refused:
            log.warning("training %s: %s", self.id, refused)
            return running.give_up(self.id, self.fence, refused.code, refused.sentence)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return running.give_up(self.id, self.fence, "disk_full", "The disk of its worker was full.")

    def _waited_since(self) -> datetime:
        """Since the click, or since the worker before this one left it."""
        left = self.training.claims.exclude(ended_at=None).order_by("-fence").values_list("ended_at", flat=True).first()
        return left or self.training.created_at

    def prepare(self) -> Path:
        """Fetches base, dataset and the last checkpoint, and writes the job file. Returns its path."""
        self.heed()
        quote, dataset = self.training.quote, self.folder / "dataset"
        self.out.mkdir(parents=True)
        offering = self.training.licence.revision.tier.offering
        material.fetch(quote.dataset, dataset)
        self.step = transfer.fetch_checkpoint(self.training, self.out, self.training.finish_at)
        job = job_of(
            self.training.licence,
            material.manifest(quote.dataset),
            self.name,
            quote.knobs,
            quote.previews,
            quote.seed,
            transfer.fetch_origin(quote.origin, self.folder),
        )
        metadata = {
            "title": quote.name,
            "author": quote.owner.public_id,
            "licence": self.training.licence.public_id,
            "licence_link": policies.address(self.training.licence),
            "training": self.name,
        }
        held = Dataset(str(dataset), job.dataset.root)
        job = replace(job, base=transfer.dress(job.base, offering), dataset=held, metadata=metadata)
        path = self.folder / "job.json"
        path.write_text(json.dumps(job.to_dict()))
        self.heed()
        return path

    def results(self, job: Path) -> dict[str, Any]:
        """Lets the engine run the job, to its last step or until its owner is content. Returns its manifest."""
        at = self.training.finish_at
        self.ending = at is not None and self.step >= at
        self.engine = self.door.enter(self.id, Order(self.name, str(job), str(self.out), self.ending), self.heed)
        with traces.span("training.engine", step=self.step):
            return self.listen()

    def listen(self) -> dict[str, Any]:
        while True:
            self.obey()
            event = self.next_event()
            if event is None:
                continue
            if event["event"] == "error":
                raise EngineSaidNo(event)
            self.heard(event)
            if event["event"] == "done":
                return self.manifest()

    def next_event(self) -> dict[str, Any] | None:
        """None when it said nothing of this job within POLL_SECONDS. One that says nothing at all for too long is dead."""
        assert self.engine is not None
        try:
            return self.engine.next_event(self.name, POLL_SECONDS)
        except queue.Empty:
            if self.engine.silent > SILENCE_SECONDS:
                self.engine.kill()
                raise EngineDied(f"the engine was silent for {SILENCE_SECONDS:.0f} s") from None
            return None

    def manifest(self) -> dict[str, Any]:
        """What the engine wrote, without the names of other people's trainings: whoever knows one finds it by its digest."""
        path = self.out / "manifest.json"
        found: dict[str, Any] = json.loads(path.read_text())
        if found.get("shared_pass_with"):
            found["shared_pass_with"] = sorted(digest(name.encode()) for name in found["shared_pass_with"])
            path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return found

    def heard(self, event: dict[str, Any]) -> None:
        """Writes what the event means, then tells it to whoever watches."""
        first = event["event"] == "step" and self.training.state != TrainingState.RUNNING
        if first or event["event"] != "step":
            traces.note(f"engine.{event['event']}", step=event.get("step"), phase=event.get("name"))
        if event["event"] == "step":
            if event["step"] == 1 or first:
                running.enter(self.id, self.fence, TrainingState.RUNNING)
                self.training.state = TrainingState.RUNNING
            self.step = event["step"]
            self.speed.reached(self.step)
            running.progress(self.id, self.fence, event["step"], event["loss"], self.thinned.add(event["step"], event["loss"]))
        elif event["event"] == "checkpoint":
            files = transfer.keep_checkpoint(self.training, self.fence, self.out, event["path"])
            event["captured"] = running.checkpoint(self.id, self.fence, event["step"], event.get("loss"), files)
        elif event["event"] == "validation":
            running.validated(self.id, self.fence, event["step"], event["loss"])
        elif event["event"] == "preview" and self.preview(event):
            return
        live.tell(self.id, event)

    def preview(self, event: dict[str, Any]) -> bool:
        """Stores a preview as it comes; it is told once it is signed. False while the store is away, for watching is a comfort."""
        wanted = {"prompt": event["prompt"], "seed": event["seed"]}
        place = self.training.quote.previews.index(wanted)
        try:
            clip = transfer.keep(self.training, self.fence, self.out, event["path"])
            still = transfer.keep(self.training, self.fence, self.out, transfer.still(self.out, event["path"]))
        except Refused as refused:
            log.warning("training %s: a preview was not stored: %s", self.id, refused)
            return False
        running.preview(self.id, self.fence, place=place, step=event["step"], key=clip["key"], still=still["key"], told=event)
        return True

    def publish(self, manifest: dict[str, Any]) -> str:
        with traces.span("training.publish"):
            return self.published(manifest)

    def published(self, manifest: dict[str, Any]) -> str:
        running.enter(self.id, self.fence, TrainingState.RUNNING)
        running.enter(self.id, self.fence, TrainingState.FINISHING)
        files = transfer.keep_results(self.training, self.fence, self.out, manifest)
        model = running.finish(self.id, self.fence, manifest=manifest, files=files)
        return "done" if model else "stopped at the end"

    def heed(self) -> None:
        """Raises what ends the run: the lease is lost, the heartbeat says stop, or this worker drains."""
        if self.pulse.lost.is_set():
            raise running.LeaseLost(str(self.id))
        if self.pulse.orders.stop or seat.leaving():
            raise Stop

    def obey(self) -> None:
        """The same while the engine is at it. Once its owner is content, its results are made: of the stored step that she chose, or of
        the one in hand."""
        self.heed()
        at = self.pulse.orders.finish_at
        if at is not None and not self.ending and self.step >= at and self.engine:
            self.ending = True
            self.engine.finish(self.name, transfer.fetch_chosen(self.training, self.out, at))

    def stopped(self) -> str:
        """Lets the engine stop at a checkpoint, keeps that, and writes why. What was done when the pause came is not set aside."""
        made = self.last_checkpoint()
        if made is not None and self.pulse.orders.stop == "paused":
            return self.publish(made)
        if self.pulse.orders.stop:
            return running.obey(self.id, self.fence)
        return self.hand_back("drained")

    def hand_back(self, code: str) -> str:
        running.hand_back(self.id, self.fence, code)
        return "handed back"

    def last_checkpoint(self) -> dict[str, Any] | None:
        """Waits for the engine's word that it stopped, keeping the checkpoint that it writes on the way. An engine that says nothing
        for STOP_SECONDS is not waited for.

        Returns the manifest when it was done before it heard.
        """
        if self.engine is None:
            return None
        self.engine.stop(self.name)
        asked = time.monotonic()
        while min(self.engine.silent, time.monotonic() - asked) < STOP_SECONDS and not self.pulse.lost.is_set():
            over = self.name not in self.engine.at_work
            try:
                event = self.engine.next_event(self.name, POLL_SECONDS)
            except queue.Empty:
                if over:
                    return None
                continue
            except EngineDied:
                return None
            if event["event"] == "error":
                return None
            self.heard(event)
            if event["event"] == "done":
                return self.manifest()
        return None

    def refused(self, no: "EngineSaidNo") -> str:
        exit_code, code, detail = no.event["exit"], no.event["code"], no.event["detail"]
        if exit_code in (BAD_JOB, BAD_DATA):
            running.refuse(self.id, self.fence, code, detail)
            return TrainingState.FAILED_USER
        if exit_code == STOPPED:
            return self.stopped()
        return running.give_up(self.id, self.fence, code, detail)


class EngineSaidNo(Exception):
    """The engine ended the job with an error event."""

    def __init__(self, event: dict[str, Any]) -> None:
        super().__init__(event.get("detail", ""))
        self.event = event
