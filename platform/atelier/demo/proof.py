"""What a customer does who believes nobody: keeps the root, fetches the list, and verifies the model without the platform."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from atelier.demo import wire
from atelier.demo.trouble import Trouble

ROOT, REVOCATIONS = "trust/root.pub", "trust/revocations.json"


def keep(web: str, folder: Path) -> dict[str, str]:
    """Writes root and revocation list below `folder`. Returns where they lie, as the receipt says it."""
    with wire.client() as http:
        for path in (ROOT, REVOCATIONS):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(wire.send(http, "GET", f"{web}/{path}").content)
    return {"root": ROOT, "revocations": REVOCATIONS}


def verify(folder: Path, model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The path and the verdict of each file of the model. Raises Trouble for a verdict that is not OK."""
    for file in model["files"]:
        trusted = ["--trust", str(folder / ROOT), "--revocations", str(folder / REVOCATIONS)]
        asked = [sys.executable, "-m", "licensing", "verify", str(folder / file["path"]), *trusted]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        verdict = (done.stdout or done.stderr).strip().partition("\n")[0]
        if done.returncode:
            raise Trouble(f"{file['path']} does not verify: {verdict}", "not_verified")
        yield file["path"], verdict
