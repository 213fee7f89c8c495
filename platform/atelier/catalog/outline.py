"""What a base model says of itself without its weights: configurations and headers, laid out as a directory with holes for the data.

Quotes are made from this, so no web process ever needs the base itself.
"""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from atelier.kit import store
from finetune.exits import BadJob
from finetune.families import layout
from finetune.families.seam import Facts, Native
from finetune.job import FAMILIES

from .models import BaseFile, BaseVersion
from .weights import HEAD_BYTES

# What reading somebody else's JSON as a known layout can run into.
NOT_AS_EXPECTED = (TypeError, ValueError, LookupError, AttributeError, OverflowError, RecursionError)


class BadBase(Exception):
    """The files are no base of the family they claim; the message is a sentence."""


def read(version: BaseVersion) -> dict[str, Any]:
    """The facts of the family's layout, as JSON. Raises BadBase."""
    with tempfile.TemporaryDirectory(prefix="outline-") as folder:
        for file in version.files.all():
            _lay_out(file, Path(folder) / file.path)
        if version.family not in FAMILIES:
            raise BadBase(f"The family {version.family} is not one that we train; choose one of {', '.join(FAMILIES)}.")
        try:
            return asdict(layout(version.family).facts(Path(folder)))
        except BadJob as error:
            raise BadBase(str(error).removeprefix("base.path ").removeprefix("base.path: ")) from error
        except NOT_AS_EXPECTED as error:
            raise BadBase(
                f"A configuration file is not what this family has there ({type(error).__name__}: {str(error)[:100]})."
            ) from error


def facts_of(version: BaseVersion) -> Facts:
    """The facts as they were read at publication."""
    layers = {name: (out, into) for name, (out, into) in version.facts["layers"].items()}
    return Facts(**{**version.facts, "native": Native(**version.facts["native"]), "layers": layers})


def paired(version: BaseVersion) -> bool:
    """Whether it has two transformers, one for noisy clips and one for the rest."""
    return version.facts.get("boundary") is not None


def _lay_out(file: BaseFile, path: Path) -> None:
    """JSON whole; of weights the header, and a hole of the right size behind it."""
    if not file.path.endswith((".json", ".safetensors")):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(store.head(store.MODELS, file.key, HEAD_BYTES))
    with path.open("r+b") as opened:
        opened.truncate(file.bytes)
