"""The child. Limits itself first, then answers on stdout with exit code 0; any other exit code is our fault, any signal the file's."""

import json
import sys
from pathlib import Path

from PIL import Image

from . import limits
from .answer import answer

# Loads Pillow's readers and writers while nothing is limited yet.
Image.init()
limits.impose()
print(json.dumps(answer(Path(sys.argv[1]), Path(sys.argv[2]))))
