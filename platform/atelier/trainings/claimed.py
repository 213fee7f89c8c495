"""One claim, from fetching to publishing. The engine does the computing."""

import errno
import json
import logging
import queue
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from atelier.kit import traces
from atelier.kit.refused import Refused
from atelier.material import queries as material
from finetune.job import Base, Dataset

from . import live, running, seat, slots, transfer
from .actions import job_of
from .curve import Thinned
from .engine import EngineDied
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


class Enough(Exception):
    """Its owner is content with the steps that it has."""


class Run:
    """The life of one claim."""

    def __init__(self, got: Claim, folder: Path, pulse: Pulse) -> None:
        self.id, self.fence, self.folder, self.pulse = got.training, got.fence, folder, pulse
        self.out = folder / "out"
        self.training = Training.objects.select_related("quote__dataset", "licence").get(pk=got.training)
        self.thinned = Thinned(self.training.steps)
        self.waited_since = self._waited_since()
        self.step, self.ending, self.ordered = 0, False, False
        self.speed = slots.Speed()

    def go(self) -> str:
        """The claim's part of the trace that began with the click: what it waited, then what was done."""
        row, about = self.training, {"training": self.training.public_id, "fence": self.fence, "worker": slots.name()}
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
        except EngineDied as death:
            log.warning("training %s: %s", self.id, death)
            return running.give_up(self.id, self.fence, "engine_died", "The training engine stopped unexpectedly.")
        except EngineSaidNo as no:
            return self.refused(no)
        except Refused as refused:
            log.warning("training %s: %s", self.id, refused)
            seat.kill_engine()
            return running.give_up(self.id, self.fence, refused.code, refused.sentence)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            seat.kill_engine()
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
        base, worn = transfer.fetch_base(offering.version), transfer.fetch_adapter(offering.adapter)
        material.fetch(quote.dataset, dataset)
        self.step = transfer.fetch_checkpoint(self.training, self.out, self.training.finish_at)
        job = job_of(
            self.training.licence,
            material.manifest(quote.dataset),
            self.training.public_id,
            quote.knobs,
            quote.previews,
            quote.seed,
            transfer.fetch_origin(quote.origin, self.folder),
        )
        metadata = {
            "title": quote.name,
            "author": quote.owner.public_id,
            "licence": self.training.licence.public_id,
            "training": self.training.public_id,
        }
        adapter = replace(job.base.adapter, path=worn) if job.base.adapter else None
        held = Dataset(str(dataset), job.dataset.root)
        job = replace(job, base=Base(str(base), job.base.digest, adapter), dataset=held, metadata=metadata)
        path = self.folder / "job.json"
        path.write_text(json.dumps(job.to_dict()))
        self.heed()
        return path

    def results(self, job: Path) -> dict[str, Any]:
        """Trains until the last step, or until its owner is content: then the result is made from the checkpoint that she chose."""
        at = self.training.finish_at
        while True:
            self.ending = at is not None and self.step >= at
            try:
                return self.train(job)
            except Enough:
                if (made := self.last_checkpoint()) is not None:
                    return made
                at = self.pulse.orders.finish_at
                self.step = transfer.fetch_checkpoint(self.training, self.out, at)

    def train(self, job: Path) -> dict[str, Any]:
        """Lets the engine run the job. Returns its manifest."""
        with traces.span("training.engine", step=self.step):
            return self.listen(job)

    def listen(self, job: Path) -> dict[str, Any]:
        process = seat.engine()
        process.run(job, self.out, self.ending)
        self.ordered = True
        silent = 0.0
        while True:
            try:
                event = process.next_event(POLL_SECONDS)
            except queue.Empty:
                silent += POLL_SECONDS
                if silent > SILENCE_SECONDS:
                    seat.kill_engine()
                    raise EngineDied(f"the engine was silent for {SILENCE_SECONDS:.0f} s") from None
                event = None
            self.obey()
            if event is None or event.get("job") != self.training.public_id:
                continue
            silent = 0.0
            if event["event"] == "error":
                raise EngineSaidNo(event)
            self.heard(event)
            if event["event"] == "done":
                return self.manifest()

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "manifest.json").read_text())
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
            try:
                files = transfer.keep_folder(self.training, self.fence, self.out, event["path"])
            except FileNotFoundError:
                # The engine keeps its last few only; one that newer ones overtook while we stored it is not needed.
                return
            event["captured"] = running.checkpoint(self.id, self.fence, event["step"], event.get("loss"), files)
        elif event["event"] == "validation":
            running.validated(self.id, self.fence, event["step"], event["loss"])
        elif event["event"] == "preview":
            event["preview"] = self.preview(event)
        live.tell(self.id, {**event, "job": self.training.public_id})

    def preview(self, event: dict[str, Any]) -> str | None:
        """Stores a preview as it comes. Returns its id; None while the store is away, for watching is a comfort: a checkpoint will tell."""
        wanted = {"prompt": event["prompt"], "seed": event["seed"]}
        place = self.training.quote.previews.index(wanted)
        try:
            clip = transfer.keep(self.training, self.fence, self.out, event["path"])
            still = transfer.keep(self.training, self.fence, self.out, transfer.still(self.out, event["path"]))
        except Refused as refused:
            log.warning("training %s: a preview was not stored: %s", self.id, refused)
            return None
        return running.preview(self.id, self.fence, place=place, step=event["step"], key=clip["key"], still=still["key"]).public_id

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
        """The same while the engine is at it, and when its owner is content with the steps that it has."""
        self.heed()
        at = self.pulse.orders.finish_at
        if at is not None and not self.ending and self.step >= at:
            raise Enough

    def stopped(self) -> str:
        """Lets the engine stop at a checkpoint, keeps that, and writes why. What was done when the pause came is not set aside."""
        made = self.last_checkpoint()
        if made is not None and self.pulse.orders.stop == "paused":
            return self.publish(made)
        if self.pulse.orders.stop:
            return running.obey(self.id, self.fence)
        running.hand_back(self.id, self.fence)
        return "handed back"

    def last_checkpoint(self) -> dict[str, Any] | None:
        """Waits for the engine's word that it stopped, keeping the checkpoint that it writes on the way; kills it after STOP_SECONDS.

        Returns the manifest when it was done before it heard.
        """
        process = seat.there()
        if process is None or not self.ordered:
            return None
        process.stop(self.training.public_id)
        waited = 0.0
        while waited < STOP_SECONDS and not self.pulse.lost.is_set():
            try:
                event = process.next_event(POLL_SECONDS)
            except queue.Empty:
                waited += POLL_SECONDS
                continue
            except EngineDied:
                return None
            if event["event"] == "error":
                return None
            if event.get("job") == self.training.public_id:
                self.heard(event)
            if event["event"] == "done":
                return self.manifest()
        seat.kill_engine()
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
