"""Samples of a base model: sent through the API, checked in the sandbox, shown to everybody."""

import hashlib
import json
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from django.test import Client

from atelier.catalog.models import Sample
from atelier.catalog.samples import MOST
from atelier.catalog.states import VersionState
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.library.provenance import keys, reading
from tests.house.tree import ROOT
from tests.pages.test_public import Read
from tests.world import World, client_of, run_outbox

pytestmark = pytest.mark.django_db
SAMPLES = ROOT / "finetune" / "bases" / "tiny.samples"
FILM = (SAMPLES / "01.mp4").read_bytes()
PROMPT = "a red circle moving right on a dark background"


def add(world: World, data: bytes, **changes: Any) -> Any:
    wanted = {"prompt": PROMPT, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **changes}
    return client_of(world.alice).post(f"/api/v1/bases/{world.version.public_id}/samples", wanted, format="json")


def sent(world: World, data: bytes, **changes: Any) -> Sample:
    """Through the API and the checks, whatever comes of them."""
    client, made = client_of(world.alice), add(world, data, **changes).json()
    link = client.post(f"/api/v1/samples/{made['id']}/part").json()
    assert httpx.put(link["url"], content=data).is_success
    assert client.post(f"/api/v1/samples/{made['id']}/complete").status_code == 202
    run_outbox()
    return Sample.objects.get(pk=Sample.parse_id(made["id"]))


def film(path: Path, codec: str) -> bytes:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=8)
        stream.height, stream.width, stream.pix_fmt = 64, 64, "yuv420p"
        for shade in range(0, 240, 30):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def test_a_sample_is_checked_kept_and_shown_to_everybody(world: World, client: Client) -> None:
    world.tier()
    sample = sent(world, FILM)
    assert (sample.state, sample.content_type, sample.width, sample.height) == ("ready", "video/mp4", 256, 256)
    for key, media in ((sample.clean_key, "video/mp4"), (sample.thumb_key, "image/jpeg")):
        found = reading.require_trusted(store.get_bytes(store.MATERIAL, key), media, keys.anchors())
        assert found.about and (found.about.title, found.about.ids) == (sample.public_id, {"base": world.version.public_id})
    with pytest.raises(Refused, match="object_missing"):
        store.size(store.QUARANTINE, sample.key)
    answer = client.get(f"/en/catalogue/{world.offering.public_id}")
    [shown] = Read(answer.content.decode()).every("video")
    assert shown["src"] == f"/samples/{sample.public_id}" and "muted" in shown and "controls" in shown and shown["preload"] == "none"
    leads = client.get(shown["src"])
    assert leads.status_code == 302 and httpx.get(leads["Location"]).content == store.get_bytes(store.MATERIAL, sample.clean_key)
    assert httpx.get(str(shown["poster"])).headers["Content-Type"] == "image/jpeg"
    assert "published no samples" not in answer.content.decode()


def test_the_card_in_the_catalogue_holds_the_first_one(world: World, client: Client) -> None:
    world.tier()
    first, _ = sent(world, FILM), sent(world, FILM, prompt="another")
    page = Read(client.get(f"/catalogue?q={world.studio.name}").content.decode())
    assert [film["src"] for film in page.every("video")] == [f"/samples/{first.public_id}"]


def test_what_is_not_checked_or_not_published_is_shown_to_nobody(world: World, client: Client) -> None:
    waiting = Sample.objects.get(pk=Sample.parse_id(add(world, FILM).json()["id"]))
    assert client.get(f"/samples/{waiting.public_id}").status_code == 404
    ready = sent(world, FILM)
    type(world.version).objects.filter(pk=world.version.pk).update(state=VersionState.WITHDRAWN)
    assert client.get(f"/samples/{ready.public_id}").status_code == 404
    assert client.get("/samples/smp_" + "0" * 32).status_code == 404


@pytest.mark.parametrize("data", [b"#EXTM3U\nhttp://169.254.169.254/", b"no film at all", FILM[: len(FILM) // 2]])
def test_what_is_no_film_is_refused_with_the_reason(world: World, data: bytes) -> None:
    sample = sent(world, data)
    assert sample.state == "refused" and sample.problem and not sample.clean_key


def test_a_film_that_browsers_do_not_play_is_refused(world: World, tmp_path: Path) -> None:
    assert "which every browser plays" in sent(world, film(tmp_path / "a.mp4", "mpeg4")).problem


def test_other_bytes_than_announced_are_refused(world: World) -> None:
    assert sent(world, FILM, sha256="0" * 64).state == "refused"


@pytest.mark.parametrize(
    "changes", [{"bytes": 0}, {"bytes": (5 << 20) + 1}, {"sha256": "A" * 64}, {"sha256": "x"}, {"prompt": ""}, {"prompt": "x" * 501}]
)
def test_what_is_said_of_a_sample_is_checked_before_it_is_sent(world: World, changes: dict[str, Any]) -> None:
    assert add(world, FILM, **changes).status_code == 422


def test_a_version_shows_eight_at_most_and_a_removed_one_makes_room(world: World) -> None:
    made = [add(world, FILM).json()["id"] for _ in range(MOST)]
    assert add(world, FILM).json()["code"] == "samples_full"
    sample = sent_last(world, made[0])
    assert client_of(world.alice).delete(f"/api/v1/samples/{made[0]}").status_code == 204
    run_outbox()
    with pytest.raises(Refused, match="object_missing"):
        store.size(store.MATERIAL, sample.clean_key)
    assert add(world, FILM).status_code == 201


def sent_last(world: World, public_id: str) -> Sample:
    client = client_of(world.alice)
    httpx.put(client.post(f"/api/v1/samples/{public_id}/part").json()["url"], content=FILM)
    client.post(f"/api/v1/samples/{public_id}/complete")
    run_outbox()
    return Sample.objects.get(pk=Sample.parse_id(public_id))


def test_only_the_studio_changes_its_samples(world: World) -> None:
    made = add(world, FILM).json()["id"]
    auditor, stranger = client_of(world.dave), client_of(world.carol)
    assert auditor.get(f"/api/v1/samples/{made}").status_code == 200
    for method, path in (("post", "/part"), ("post", "/complete"), ("delete", "")):
        assert getattr(auditor, method)(f"/api/v1/samples/{made}{path}").json()["code"] == "role_too_low"
        assert getattr(stranger, method)(f"/api/v1/samples/{made}{path}").status_code == 404


def test_the_samples_of_the_embedded_base_are_all_there_and_small() -> None:
    told = json.loads((SAMPLES / "samples.json").read_text())["samples"]
    assert {path.name for path in SAMPLES.glob("*.mp4")} == {sample["file"] for sample in told}
    assert len({sample["prompt"] for sample in told}) == len(told) == 4
    assert all(path.stat().st_size <= 40_000 for path in SAMPLES.glob("*.mp4"))
