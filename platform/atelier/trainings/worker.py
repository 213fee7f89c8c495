"""One claim, from fetching to publishing. Runs inside the Celery task of queue `train`; the engine does the computing."""

import json
import logging
import os
import queue
import shutil
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from atelier.kit.refused import Refused
from atelier.material import queries as material
from finetune.job import Base, Dataset

from . import live, running, transfer
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

draining = threading.Event()
_slot: list[Engine] = []
_starting = threading.Lock()


def engine() -> Engine:
    """The slot's engine process, started when there is none."""
    with _starting:
        if not _slot or not _slot[0].alive:
            _slot[:] = [Engine(settings.ENGINE_DIR / "engine.log")]
        return _slot[0]


def work(training: UUID) -> str:
    """Claims the training and sees it through. Returns how it went, for the log."""
    if draining.is_set():
        return "draining"
    got = claim(training, f"{socket.gethostname()}:{os.getpid()}")
    if got is None:
        return "not claimable"
    folder = settings.ENGINE_DIR / "runs" / f"{training}-{got.fence}"
    try:
        with Pulse(training, got.fence) as pulse:
            return Run(got, folder, pulse).go()
    except running.LeaseLost:
        kill_engine()
        return "lease lost"
    except Exception:
        # The engine may still be at this run; its events must not be taken for those of the next claim.
        kill_engine()
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kill_engine() -> None:
    for process in _slot:
        process.kill()
    _slot.clear()


class Stop(Exception):
    """The run is to end because of orders from the heartbeat, or because the worker drains."""


class Run:
    """The life of one claim."""

    def __init__(self, got: Claim, folder: Path, pulse: Pulse) -> None:
        self.id, self.fence, self.folder, self.pulse = got.training, got.fence, folder, pulse
        self.out = folder / "out"
        self.training = Training.objects.select_related("quote__dataset", "licence").get(pk=got.training)
        self.thinned = Thinned(self.training.steps)

    def go(self) -> str:
        """Turns every way in which a run can end into the one fenced write that belongs to it."""
        try:
            job = self.prepare()
            manifest = self.train(job)
            return self.publish(manifest)
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
        transfer.fetch_checkpoint(self.training, self.out)
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

    def train(self, job: Path) -> dict[str, Any]:
        """Lets the engine run the job. Returns its manifest."""
        process = engine()
        process.run(job, self.out)
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
                manifest: dict[str, Any] = json.loads((self.out / "manifest.json").read_text())
                return manifest

    def heard(self, event: dict[str, Any]) -> None:
        """Writes what the event means, then tells it to whoever watches."""
        if event["event"] == "step":
            if event["step"] == 1 or self.training.state != TrainingState.RUNNING:
                running.enter(self.id, self.fence, TrainingState.RUNNING)
                self.training.state = TrainingState.RUNNING
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
        if self.pulse.lost.is_set():
            raise running.LeaseLost(str(self.id))
        if self.pulse.orders.stop or draining.is_set():
            raise Stop

    def stopped(self) -> str:
        """Lets the engine stop at a checkpoint, keeps that, and writes why."""
        self.last_checkpoint()
        if self.pulse.orders.stop:
            running.obey(self.id, self.fence, self.pulse.orders)
            return self.pulse.orders.stop
        running.hand_back(self.id, self.fence)
        return "handed back"

    def last_checkpoint(self) -> None:
        """Waits for the engine's word that it stopped, keeping the checkpoint that it writes on the way; kills it after STOP_SECONDS."""
        if not _slot:
            return
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
                return
            if event["event"] in ("error", "done"):
                return
            if event.get("job") == self.training.public_id:
                self.heard(event)
        kill_engine()

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
