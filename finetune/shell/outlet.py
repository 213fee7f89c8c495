"""Keeping standard output for events alone: whatever a library prints goes to standard error instead."""

import os
import sys
from typing import TextIO


def claim() -> TextIO:
    """The real standard output, line-buffered; from now on descriptor 1 leads to standard error, for C code too."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "w", buffering=1, encoding="utf-8")
