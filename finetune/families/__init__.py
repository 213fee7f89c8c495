"""Model families, resolved by name.

A family is two modules: `<name>_layout` knows names and shapes and imports nothing heavy; `<name>` computes with torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from finetune.families.seam import Layout

if TYPE_CHECKING:
    from finetune.families.model import Model


def layout(family: str) -> Layout:
    found: Layout = import_module(f"finetune.families.{family}_layout").LAYOUT
    return found


def load(family: str, path: str) -> "Model":
    """Imports torch and reads the weights."""
    model: Model = import_module(f"finetune.families.{family}").load(path)
    return model
