"""Model families, resolved by name.

A family is two modules: `<name>_layout` knows names and shapes and imports nothing heavy; `<name>` computes with torch.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.families import reading
from finetune.families.seam import Layout

if TYPE_CHECKING:
    from finetune.families.model import Model

PIPELINES = {"WanPipeline": "wan", "ZImagePipeline": "z_image"}


def of(base: Path) -> str:
    """The family of a model directory; Wan where it is none that is known, so that Wan says what is wrong."""
    return PIPELINES.get(str(reading.read(base / "model_index.json").get("_class_name")), "wan")


def layout(family: str) -> Layout:
    found: Layout = import_module(f"finetune.families.{family}_layout").LAYOUT
    return found


def load(family: str, path: str, dtype: str | None = None) -> "Model":
    """Imports torch and reads the weights. `dtype` None: as is usual on the device."""
    model: Model = import_module(f"finetune.families.{family}").load(path, dtype)
    return model
