"""How a run can end. The numbers are part of the contract with whoever starts the engine."""

from typing import Any

DONE = 0
BAD_JOB = 2
BAD_DATA = 3
OUT_OF_MEMORY = 4
STORE_FAILED = 5
STOPPED = 75


class Ended(Exception):
    """The run ended before it was done, for a reason that one sentence tells. `str()` is that sentence.

    Where whoever wrote the job can be at fault, `why` and `values` hold the same for whoever tells it in another language.
    """

    exit = 1
    code = "failed"

    def __init__(self, sentence: str, why: str = "", **values: Any) -> None:
        super().__init__(sentence)
        self.why, self.values = why, values


class BadJob(Ended):
    exit = BAD_JOB
    code = "bad_job"


class BadData(Ended):
    exit = BAD_DATA
    code = "bad_data"


class OutOfMemory(Ended):
    exit = OUT_OF_MEMORY
    code = "out_of_memory"


class StoreFailed(Ended):
    exit = STORE_FAILED
    code = "store_failed"


class Stopped(Ended):
    exit = STOPPED
    code = "stopped"
