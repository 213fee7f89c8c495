"""glibc hands large blocks back to the kernel at every step and pays for them again in page faults. Not here."""

import ctypes
import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
KEPT = 1 << 30


def keep_large_blocks() -> bool:
    """What MALLOC_MMAP_THRESHOLD_ and its like do, without starting the process anew. False where there is no glibc."""
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    wanted = ((MMAP_THRESHOLD, KEPT), (TRIM_THRESHOLD, KEPT), (TOP_PAD, 64 << 20))
    return all(library.mallopt(name, value) == 1 for name, value in wanted)
