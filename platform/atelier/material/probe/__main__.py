"""The child. Limits itself first, then answers on stdout with exit code 0; any other exit code is our fault, any signal the file's."""

import json
import sys
from pathlib import Path

from PIL import Image

from . import faces, limits
from .answer import answer

# Loads Pillow's readers and writers, and what looks for faces, while nothing is limited yet.
Image.init()
seen = faces.looker()
limits.impose()
print(json.dumps(answer(Path(sys.argv[1]), Path(sys.argv[2]), seen)))
