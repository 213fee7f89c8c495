"""A custom model whose weights are a real safetensors file, small."""

import hashlib
import json
from typing import Any
from uuid import uuid4

from atelier.kit import store
from atelier.library import actions
from atelier.library.actions import StoredFile
from atelier.library.models import Artifact, CustomModel
from tests.world import World

USE = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}
PATH, SHEET, MANIFEST = "models/comfyui/x.safetensors", "previews/sheet.png", "manifest.json"


def safetensors(seed: int = 0) -> bytes:
    header = json.dumps({"__metadata__": {"format": "pt"}, "a.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes((seed + place) % 256 for place in range(24))


WEIGHTS = safetensors()


def stored(path: str, data: bytes, kind: str, layout: str = "") -> StoredFile:
    key = f"test/{uuid4()}/{path}"
    store.put_bytes(store.MODELS, key, data)
    return StoredFile(path, key, hashlib.sha256(data).hexdigest(), len(data), kind, layout)


def published(world: World, use: dict[str, Any] = USE, weights: bytes = WEIGHTS, **terms: Any) -> CustomModel:
    files = [stored(PATH, weights, "weights", "comfyui"), stored(MANIFEST, b"{}", "manifest")]
    model = actions.publish(
        owner=world.bob,
        licence=world.licence(**terms),
        training=uuid4(),
        dataset_root="sha256:" + "0" * 64,
        name="Neon",
        use=use,
        manifest={},
        files=files,
    )
    # As it is once it is signed (test_provenance).
    Artifact.objects.create(model=model, **vars(stored(SHEET, b"sheet", "sheet")))
    return model
