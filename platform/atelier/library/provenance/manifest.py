"""What a manifest says: that a model generated it, which, in which training, and when. Ids only; nobody is named, no prompt is told."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENERATOR = "Atelier"
# IPTC's word for it, which California's SB 942 and the EU's Article 50 mean.
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
ACTIONS, CREATED = "c2pa.actions.v2", "c2pa.created"
# Names of our own are led by a domain read backwards (C2PA, "Labels"); this one is of nobody.
OURS = "org.atelier."


@dataclass(frozen=True)
class About:
    """Of one clip or picture. `title` is its public id; `ids` are of what it came from: base, offering, training, model."""

    title: str
    agent: str
    version: str
    made_at: datetime
    ids: dict[str, str]


def definition(about: About) -> dict[str, Any]:
    """For the library that writes it."""
    created = {
        "action": CREATED,
        "when": about.made_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "softwareAgent": {"name": about.agent, "version": about.version},
        "digitalSourceType": GENERATED,
        "parameters": {f"{OURS}{name}": value for name, value in about.ids.items()},
    }
    return {
        "claim_generator_info": [{"name": GENERATOR}],
        "title": about.title,
        "assertions": [{"label": ACTIONS, "data": {"actions": [created]}}],
    }


def about(manifest: dict[str, Any]) -> About | None:
    """What the manifest of a file says; None where it does not say that a model generated it."""
    actions = [each["data"]["actions"] for each in manifest.get("assertions", []) if each.get("label", "").startswith("c2pa.actions")]
    for action in (each for found in actions for each in found):
        if action.get("action") == CREATED and action.get("digitalSourceType") == GENERATED:
            agent, said = action.get("softwareAgent", {}), action.get("parameters", {})
            ids = {name.removeprefix(OURS): value for name, value in said.items() if name.startswith(OURS)}
            made_at = datetime.fromisoformat(action["when"])
            return About(manifest.get("title", ""), agent.get("name", ""), agent.get("version", ""), made_at, ids)
    return None
