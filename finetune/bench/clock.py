"""Seconds of work, for figures that are compared."""

import time

import torch


def now() -> float:
    """With a single thread the processor's own time: what else the machine does then does not count."""
    return time.process_time() if torch.get_num_threads() == 1 and not torch.cuda.is_available() else time.perf_counter()
