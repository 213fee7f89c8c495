"""What people do who believe nobody: keep the root, the list and a checkpoint, and verify the model and the log without the platform."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from atelier.demo import wire
from atelier.demo.people import Person
from atelier.demo.trouble import Trouble

ROOT, REVOCATIONS = "trust/root.pub", "trust/revocations.json"
CHECKPOINT, LOG = "trust/checkpoint.txt", "trust/log.jsonl"


def keep(web: str, folder: Path) -> dict[str, str]:
    """Writes root and revocation list below `folder`. Returns where they lie, as the receipt says it."""
    with wire.client() as http:
        for path in (ROOT, REVOCATIONS):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(wire.send(http, "GET", f"{web}/{path}").content)
    return {"root": ROOT, "revocations": REVOCATIONS}


def keep_checkpoint(alice: Person, studio: str, folder: Path) -> int:
    """How many entries the studio's log has, signed: what its owner keeps of today."""
    checkpoint = alice.post(f"/studios/{studio}/checkpoints")
    (folder / CHECKPOINT).parent.mkdir(parents=True, exist_ok=True)
    (folder / CHECKPOINT).write_text(checkpoint["note"], encoding="utf-8")
    return int(checkpoint["size"])


def keep_log(dave: Person, studio: str, folder: Path) -> dict[str, str]:
    """The whole log with what proves it. Returns where it and the checkpoint lie."""
    (folder / LOG).write_text(dave.text(f"/studios/{studio}/audit/evidence"), encoding="utf-8")
    return {"checkpoint": CHECKPOINT, "log": LOG}


def verify_log(folder: Path) -> str:
    """The verdict on the log against the checkpoint. Raises Trouble for one that is not OK."""
    return _said("audit", "verify", str(folder / LOG), "--trust", str(folder / ROOT), "--since", str(folder / CHECKPOINT), what=LOG)


def verify(folder: Path, model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The path and the verdict of each file of the model. Raises Trouble for a verdict that is not OK."""
    for file in model["files"]:
        trusted = ["--trust", str(folder / ROOT), "--revocations", str(folder / REVOCATIONS)]
        yield file["path"], _said("verify", str(folder / file["path"]), *trusted, what=file["path"])


def _said(*arguments: str, what: str) -> str:
    done = subprocess.run([sys.executable, "-m", "licensing", *arguments], capture_output=True, text=True, check=False)
    verdict = (done.stdout or done.stderr).strip().partition("\n")[0]
    if done.returncode:
        raise Trouble(f"{what} does not verify: {verdict}", "not_verified")
    return verdict
