"""Bob's dataset, and files brought into it the way a browser does."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from . import clips


def send(asset: Any, data: bytes) -> None:
    """Puts every part where its signed link says."""
    from atelier.material import actions

    asset.refresh_from_db()
    for link in actions.links(asset=asset, numbers=list(range(1, asset.part_count + 1))):
        start = (link.number - 1) * asset.part_bytes
        httpx.put(link.url, content=data[start : start + link.bytes]).raise_for_status()
    asset.refresh_from_db()


def add(dataset: Any, data: bytes, name: str = "clip.mp4", **more: Any) -> Any:
    from atelier.material import actions

    return actions.add(dataset=dataset, name=name, bytes=len(data), **{"sha256": hashlib.sha256(data).hexdigest(), **more})


def ready(dataset: Any, data: bytes, name: str = "clip.mp4", **more: Any) -> Any:
    """A checked clip without the way there: for tests of what comes after."""
    from atelier.kit import store
    from atelier.material.states import ASSET, AssetState

    asset = add(dataset, data, name, **more)
    folder = asset.id.hex
    store.put_bytes(store.MATERIAL, f"{folder}/clip.mp4", data)
    store.put_bytes(store.MATERIAL, f"{folder}/thumb.jpg", b"\xff\xd8\xff")
    facts = {"kind": "video", "width": 64, "height": 48, "frames": 12, "fps": 8.0, "duration": 1.5}
    ASSET.move(asset, AssetState.CHECKING)
    ASSET.move(asset, AssetState.READY, **facts, clean_key=f"{folder}/clip.mp4", thumb_key=f"{folder}/thumb.jpg")
    return asset


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return clips.film(tmp_path_factory.mktemp("film") / "film.mp4").read_bytes()


@pytest.fixture
def dataset(bob: Any) -> Any:
    from atelier.material import actions

    return actions.open_dataset(owner=bob, name="Night train")


@pytest.fixture
def bring(dataset: Any, run_outbox: Callable[[], int]) -> Callable[..., Any]:
    """Adds, sends and completes a file, and lets the worker check it."""
    from atelier.material import actions

    def bring(data: bytes | Path, name: str = "clip.mp4", into: Any = dataset, **more: Any) -> Any:
        data = data.read_bytes() if isinstance(data, Path) else data
        asset = add(into, data, name, **more)
        send(asset, data)
        actions.complete(asset=asset)
        run_outbox()
        asset.refresh_from_db()
        return asset

    return bring


@pytest.fixture
def sealed(dataset: Any, film: bytes) -> Any:
    """Bob's dataset with one captioned clip, sealed."""
    from atelier.material import actions, attestation

    ready(dataset, film, caption="a bar moves")
    actions.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
    actions.seal(dataset=dataset)
    dataset.refresh_from_db()
    return dataset
