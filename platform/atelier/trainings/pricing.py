"""What a training costs: its training seconds, itemised, from the engine's torch-free estimate. The sum is the ceiling."""

import math
from typing import Any

from atelier.catalog.models import BaseVersion
from atelier.catalog.outline import facts_of
from atelier.kit.refused import Refused
from finetune.estimate import Calibration, Estimate, of_plan
from finetune.exits import BadData, BadJob
from finetune.job import Job
from finetune.manifest import DatasetManifest
from finetune.plan import foresee


def forecast(job: Job, version: BaseVersion, manifest: DatasetManifest) -> Estimate:
    """The engine's estimate. Raises Refused("bad_settings" or "bad_material", 422) with the engine's own sentence."""
    calibration = Calibration.load_file()
    try:
        return of_plan(foresee(job, facts_of(version), manifest), calibration)
    except BadJob as error:
        raise Refused("bad_settings", str(error), status=422) from error
    except BadData as error:
        raise Refused("bad_material", str(error), status=422) from error


def lines(estimate: Estimate) -> list[dict[str, Any]]:
    """The quote's lines. The upper end of the estimate's interval is quoted: what it takes beyond that is our risk."""
    return [{"what": "training", "unit": "SEC", "amount": max(1, math.ceil(estimate.seconds_high))}]


def total(items: list[dict[str, Any]]) -> int:
    return sum(item["amount"] for item in items)


def share(seconds: int, step: int, steps: int) -> int:
    """What is due when `step` of `steps` are done: never more than `seconds`."""
    return seconds * min(step, steps) // steps
