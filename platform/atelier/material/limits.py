"""How much a person may bring, and how large a file may be. What the decoder may spend stands in probe/limits.py."""

from datetime import timedelta

BYTES_PER_PERSON = 20 << 30
ASSETS_PER_DATASET = 500
BYTES_PER_FILE = 2 << 30
NAME_SIGNS = 255
CAPTION_SIGNS = 2000
# How long an upload may take, and how long a check may be under way, before the sweep ends it.
ABANDONED_AFTER = timedelta(hours=24)
