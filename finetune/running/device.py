"""The device that trains, and how much memory there is for it."""

import gc
import os
import resource
from pathlib import Path

import torch

CGROUP = Path("/sys/fs/cgroup")


def kind() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def memory() -> int:
    """Bytes that this process can have in all, those it has already among them."""
    if kind() == "cuda":
        return torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved()
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(_available(free) + _own(), _limit())


def capacity() -> int:
    """Bytes that it has, whoever holds them just now: what could be had once everybody else has gone."""
    if kind() == "cuda":
        return torch.cuda.mem_get_info()[1]
    return min(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), _limit())


def forget() -> None:
    """Gives back what is kept of tensors that nobody needs any more."""
    gc.collect()
    if kind() == "cuda":
        torch.cuda.empty_cache()


def _available(free: int) -> int:
    """Linux says more exactly than POSIX what could be had without swapping."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return free
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), free)


def _own() -> int:
    """What is held at this moment, or where Linux does not say, what was at most."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _limit() -> int:
    """What a container allows."""
    try:
        return int((CGROUP / "memory.max").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 1 << 62
