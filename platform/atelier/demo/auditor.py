"""What the studio's auditor reads, and what neither he nor a stranger can see."""

import csv
from pathlib import Path
from typing import Any

from atelier.demo.people import Person
from atelier.demo.trouble import Trouble

# The story that the log has to tell after the journey.
TOLD = ("base.published", "tier.open", "licence.grant", "training.start", "model.publish", "model.hand_over", "model.certify")


def read(dave: Person, studio: str, out: Path) -> list[dict[str, Any]]:
    """The whole log, and the same as CSV in `out`. Raises Trouble when a chapter is missing or the two disagree."""
    entries = list(dave.all(f"/studios/{studio}/audit"))
    missing = [action for action in TOLD if action not in {entry["action"] for entry in entries}]
    if missing:
        raise Trouble(f"The audit log does not tell of {', '.join(missing)}.", "audit_incomplete")
    out.write_text(dave.text(f"/studios/{studio}/audit.csv"), encoding="utf-8")
    with out.open(newline="", encoding="utf-8") as file:
        lines = len(list(csv.DictReader(file)))
    if lines < len(entries):
        raise Trouble(f"The CSV has {lines} lines, the log {len(entries)} entries.", "audit_disagrees")
    return entries


def studio_of(dave: Person) -> str:
    """The studio that made him its auditor."""
    memberships = dave.get("/me")["memberships"]
    found = [each["studio"] for each in memberships if each["role"] == "auditor"]
    if not found:
        raise Trouble(f"{dave.name} is nobody's auditor.", "no_studio")
    return str(found[0])


def sees_nothing(person: Person, *paths: str) -> None:
    """Somebody else's things are not there: 404, not 403. Raises Trouble when one of them answers anything else."""
    for path in paths:
        try:
            person.get(path)
        except Trouble as trouble:
            if trouble.code != "not_found":
                raise
        else:
            raise Trouble(f"{person.name} could read {path}.", "leak")
