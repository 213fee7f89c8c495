"""What a training costs: its training seconds, itemised, from the engine's torch-free estimate. The sum is the ceiling."""

import math
from dataclasses import dataclass, replace
from typing import Any

from atelier.catalog.models import BaseVersion
from atelier.catalog.outline import facts_of
from finetune.estimate import Calibration, Estimate, of_plan
from finetune.exits import BadData, BadJob
from finetune.job import Job
from finetune.manifest import DatasetManifest
from finetune.planning.plan import Plan, foresee

from .refusals import refusal


@dataclass(frozen=True)
class Forecast:
    """The engine's estimate of the whole, and what the ceiling is made of."""

    estimate: Estimate
    lines: list[dict[str, Any]]

    @property
    def seconds(self) -> int:
        """The ceiling."""
        return total(self.lines)


def forecast(job: Job, version: BaseVersion, manifest: DatasetManifest) -> Forecast:
    """Raises Refused("bad_settings" or "bad_material", 422) with what the engine says of it."""
    calibration = Calibration.load_file()
    try:
        plan = foresee(job, facts_of(version), manifest)
        return Forecast(of_plan(plan, calibration), _lines(plan, calibration))
    except (BadJob, BadData) as error:
        raise refusal(error) from error


def _lines(plan: Plan, calibration: Calibration) -> list[dict[str, Any]]:
    """The quote's lines. The upper end of the estimate's interval is quoted: what it takes beyond that is our risk."""
    silent = replace(plan, job=replace(plan.job, previews=()))
    idle = replace(silent, job=replace(silent.job, knobs=replace(plan.job.knobs, steps=0)))
    prepared, trained, whole = (of_plan(each, calibration).seconds_high for each in (idle, silent, plan))
    parts = {"preparation": prepared, "training": trained - prepared, "previews": whole - trained}
    return [{"what": what, "unit": "SEC", "amount": max(1, math.ceil(seconds))} for what, seconds in parts.items() if seconds > 0]


def total(items: list[dict[str, Any]]) -> int:
    return sum(item["amount"] for item in items)


def band(estimate: dict[str, float], most: int) -> dict[str, float]:
    """The estimate's interval in hundredths of the ceiling, for a drawing."""
    low, likely, high = (estimate[name] / most * 100 for name in ("seconds_low", "seconds", "seconds_high"))
    return {"low": round(low, 2), "likely": round(likely, 2), "span": round(min(high, 100) - low, 2)}


def share(seconds: int, step: int, steps: int) -> int:
    """What is due when `step` of `steps` are done: never more than `seconds`."""
    return seconds * min(step, steps) // steps
