"""One claim, from fetching to publishing. Runs inside the Celery task of queue `train`; the engine does the computing."""

import json
import logging
import queue
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from atelier.kit.refused import Refused
from atelier.material import queries as material
from finetune.job import Base, Dataset

from . import live, running, slots, transfer
from .actions import job_of
from .curve import Thinned
from .engine import Engine, EngineDied
from .models import Training
from .pulse import Pulse
from .queue import Claim, claim
from .states import TrainingState

log = logging.getLogger(__name__)
# An engine that says nothing for this long is taken for dead. Loading and encoding a large base is the longest silence.
SILENCE_SECONDS = 600.0
POLL_SECONDS = 0.5
STOP_SECONDS = 60.0
STOPPED, BAD_JOB, BAD_DATA = 75, 2, 3

# Set by SIGTERM, and by an operator who may take it back.
draining, asked_to_drain = threading.Event(), threading.Event()
_began = time.time()
_slot: list[Engine] = []
_at_work: list["Run"] = []
_starting = threading.Lock()


def engine() -> Engine:
    """The slot's engine process, started when there is none."""
    with _starting:
        if not _slot or not _slot[0].alive:
            _slot[:] = [Engine(settings.ENGINE_DIR / "engine.log")]
        return _slot[0]


def work(training: UUID) -> str:
    """Claims the training and sees it through. Returns how it went, for the log."""
    if leaving():
        return "draining"
    got = claim(training, slots.name())
    if got is None:
        return "not claimable"
    folder = settings.ENGINE_DIR / "runs" / f"{training}-{got.fence}"
    try:
        with Pulse(training, got.fence) as pulse:
            _at_work[:] = [Run(got, folder, pulse)]
            return _at_work[0].go()
    except running.LeaseLost:
        kill_engine()
        return "lease lost"
    except Exception:
        # The engine may still be at this run; its events must not be taken for those of the next claim.
        kill_engine()
        raise
    finally:
        _at_work.clear()
        shutil.rmtree(folder, ignore_errors=True)


def leaving() -> bool:
    return draining.is_set() or asked_to_drain.is_set()


def look() -> slots.Slot:
    """What this worker is at."""
    run, process = next(iter(_at_work), None), next(iter(_slot), None)
    doing: dict[str, Any] = {"training": run.training.public_id, "step": run.step, "speed": round(run.speed.value, 2)} if run else {}
    if process is not None and process.alive:
        pid = process.process.pid
        doing |= {"engine": pid, "device": process.device, "memory": slots.resident(pid)}
    return slots.Slot(worker=slots.name(), since=_began, said=time.time(), draining=leaving(), **doing)


def kill_engine() -> None:
    for process in _slot:
        process.kill()
    _slot.clear()


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
        self.step, self.ending = 0, False
        self.speed = slots.Speed()

    def go(self) -> str:
        """Turns every way in which a run can end into the one fenced write that belongs to it."""
        try:
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
            kill_engine()
            return running.give_up(self.id, self.fence, refused.code, refused.sentence)

    def prepare(self) -> Path:
        """Fetches base, dataset and the last checkpoint, and writes the job file. Returns its path."""
        quote, dataset = self.training.quote, self.folder / "dataset"
        self.out.mkdir(parents=True)
        base = transfer.fetch_base(self.training.licence.revision.tier.offering.version)
        material.fetch(quote.dataset, dataset)
        self.step = transfer.fetch_checkpoint(self.training, self.out, self.training.finish_at)
        job = job_of(
            self.training.licence, material.manifest(quote.dataset), self.training.public_id, quote.knobs, quote.previews, quote.seed
        )
        metadata = {
            "title": quote.name,
            "author": quote.owner.public_id,
            "licence": self.training.licence.public_id,
            "training": self.training.public_id,
        }
        job = replace(job, base=Base(str(base), job.base.digest), dataset=Dataset(str(dataset), job.dataset.root), metadata=metadata)
        path = self.folder / "job.json"
        path.write_text(json.dumps(job.to_dict()))
        self.obey()
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
        process = engine()
        process.run(job, self.out, self.ending)
        silent = 0.0
        while True:
            try:
                event = process.next_event(POLL_SECONDS)
            except queue.Empty:
                silent += POLL_SECONDS
                if silent > SILENCE_SECONDS:
                    kill_engine()
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
        if event["event"] == "step":
            if event["step"] == 1 or self.training.state != TrainingState.RUNNING:
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
        running.enter(self.id, self.fence, TrainingState.RUNNING)
        running.enter(self.id, self.fence, TrainingState.FINISHING)
        files = transfer.keep_results(self.training, self.fence, self.out, manifest)
        model = running.finish(self.id, self.fence, manifest=manifest, files=files)
        return "done" if model else "stopped at the end"

    def obey(self) -> None:
        """Raises what the heartbeat, or the drain of this worker, asks for."""
        orders = self.pulse.orders
        if self.pulse.lost.is_set():
            raise running.LeaseLost(str(self.id))
        if orders.stop or leaving():
            raise Stop
        if orders.finish_at is not None and not self.ending and self.step >= orders.finish_at:
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
        if not _slot:
            return None
        process = _slot[0]
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
        kill_engine()
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
