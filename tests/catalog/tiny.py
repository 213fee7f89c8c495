"""A model directory small enough to type: the layout of a Wan pipeline around one linear layer."""

import hashlib
import json
import struct
from typing import Any

import httpx

from atelier.accounts.models import User
from tests.world import World, client_of, run_outbox

LAYER = "blocks.0.attn1.to_q.weight"


def safetensors(header: dict[str, Any] | bytes | None = None, data: bytes = bytes(16)) -> bytes:
    """A file with this header (as JSON, or as raw bytes) before the data."""
    if header is None:
        header = {"__metadata__": {"format": "pt"}, LAYER: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def directory(**changes: bytes) -> dict[str, bytes]:
    """Path to content. `changes` replaces files, `__` in a name standing for the slash and `_dot_` for the dot."""
    files = {
        "model_index.json": json.dumps({"_class_name": "WanPipeline"}).encode(),
        "vae/config.json": json.dumps({"scale_factor_spatial": 8, "scale_factor_temporal": 4}).encode(),
        "transformer/config.json": b"{}",
        "transformer/diffusion_pytorch_model.safetensors": safetensors(),
    }
    return files | {name.replace("__", "/").replace("_dot_", "."): content for name, content in changes.items()}


def described(world: World, files: dict[str, bytes], /, **changes: Any) -> dict[str, Any]:
    """The body of POST /bases for these files."""
    listed = [{"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for path, content in files.items()]
    return {
        "studio": world.studio.public_id,
        "name": "Lumen",
        "version": "1.0",
        "family": "wan",
        "height": 32,
        "width": 32,
        "frames": 9,
        "fps": 8,
        "titles": [],
        "files": listed,
        **changes,
    }


def upload(person: User, base: str, files: dict[str, bytes]) -> None:
    """Every file by its signed parts, straight to the object store."""
    client = client_of(person)
    for path, content in files.items():
        links = client.post(f"/api/v1/bases/{base}/parts", {"path": path, "numbers": [1]}, format="json").json()
        assert httpx.put(links[0]["url"], content=content, trust_env=False).status_code == 200
        assert client.post(f"/api/v1/bases/{base}/complete", {"path": path}, format="json").status_code == 200


def publish(world: World, files: dict[str, bytes], sent: dict[str, bytes] | None = None, **changes: Any) -> dict[str, Any]:
    """Opens, uploads and publishes a base through the API, and returns what that says of it. `sent` replaces the bytes declared."""
    client = client_of(world.alice)
    opened = client.post("/api/v1/bases", described(world, files, **changes), format="json")
    assert opened.status_code == 201, opened.json()
    base = opened.json()["id"]
    upload(world.alice, base, files if sent is None else sent)
    assert client.post(f"/api/v1/bases/{base}/publish").status_code == 202
    run_outbox()
    answer: dict[str, Any] = client.get(f"/api/v1/bases/{base}").json()
    return answer
