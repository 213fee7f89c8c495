"""A house adapter is handed over as a copy of each holder's own: marked, certified, traced, and taken back with what it stands on."""

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.test import Client

from atelier.audit.models import Entry
from atelier.catalog.models import HouseAdapter
from atelier.library import leaks
from atelier.library.models import Fingerprint, Handover, Outcome
from atelier.licences import revocations, signing
from atelier.licences.models import Licence
from atelier.licences.queries import database_now, untouched
from atelier.takedown import lineage, takedowns
from licensing import tensors
from licensing.verify import Question, verify
from tests.world import World, client_of, run_outbox, two_step

from .adapters import FACTS, drawn, written
from .worn import adapter, worn


@pytest.fixture
def look(world: World) -> HouseAdapter:
    world.version.facts = FACTS
    world.version.save()
    return adapter(world, written(drawn()))


def taken(licence: Licence) -> tuple[Handover, bytes]:
    client = client_of(licence.holder)
    answer = client.post(f"/api/v1/licences/{licence.public_id}/adapter-download")
    assert answer.status_code == 202, answer.content
    run_outbox()
    found = client.get(f"/api/v1/handovers/{answer.json()['id']}").json()
    assert found["state"] == "ready", found["problem"]
    return Handover.objects.get(pk=Handover.parse_id(found["id"])), httpx.get(found["link"]["url"]).content


def test_each_holder_has_a_marked_copy_of_her_own_with_a_certificate(world: World, look: HouseAdapter, tmp_path: Path, capsys: Any) -> None:
    licences = [worn(world, look), worn(world, look)]
    (first, one), (second, two) = map(taken, licences)
    assert (first.adapter, first.artifact) == (look, None)
    digests = {tensors.digest(io.BytesIO(data)) for data in (one, two, written(drawn()))}
    assert len(digests) == 3
    question = Question(root=signing.keys().root, at=database_now(), licensee=licences[1].number)
    result = verify(io.BytesIO(two), question)
    assert result and result.certificate is not None
    known = result.certificate
    assert (known.id, known.base, known.use, known.dataset) == (second.public_id, licences[1].revision.tier.offering.digest, None, None)
    assert known.fingerprint == Fingerprint.objects.get(handover=second).public_id
    assert taken(licences[1]) == (second, two)
    (tmp_path / "leak").write_bytes(two)
    call_command("trace", tmp_path / "leak")
    assert leaks.counted() == {"copies": 2, "models": 1}
    said = capsys.readouterr().out
    assert second.public_id in said and "2 copies asked about" in said
    best, rest = leaks.trace(tmp_path / "leak")
    assert best.handover == second.public_id and best.score > leaks.SURE > rest.score
    asked = client_of(two_step(world.person("staff", is_staff=True))).post("/en/desk/leaks", {"file": io.BytesIO(two)}, format="multipart")
    run_outbox()
    page = client_of(two_step(world.person("second", is_staff=True))).get(asked["Location"]).content.decode()
    assert second.public_id in page and look.name in page and "this one" in page


def test_it_is_in_the_log_and_the_licence_counts_as_used(world: World, look: HouseAdapter) -> None:
    licence = worn(world, look)
    assert untouched(licence)
    handover, _ = taken(licence)
    licence.refresh_from_db()
    assert not untouched(licence)
    actions = {"adapter.hand_over", "adapter.certify", "adapter.link"}
    entries = Entry.objects.filter(studio=world.studio.pk, action__in=actions)
    assert {entry.action for entry in entries} == actions and all(entry.titles for entry in entries)
    assert handover.public_id in str([entry.detail for entry in entries.filter(subject=look.public_id)])


@pytest.mark.parametrize("language", ["", "/en"])
def test_the_page_of_the_base_files_leads_to_the_copy(world: World, look: HouseAdapter, language: str) -> None:
    licence, client = worn(world, look), Client()
    client.force_login(world.bob)
    page = f"{language}/licences/{licence.public_id}"
    assert look.name in client.get(f"{page}/base").content.decode()
    answer = client.post(f"{page}/adapter")
    assert "hx-get" in client.get(answer["Location"]).content.decode()
    run_outbox()
    shown = client.get(answer["Location"]).content.decode()
    assert Outcome.objects.get().sha256 in shown and f"{look.public_id}-diffusers.safetensors" in shown
    assert client.get(f"{answer['Location']}/file").status_code == 302


def test_without_the_grant_without_an_adapter_and_for_others_there_is_none(world: World, look: HouseAdapter) -> None:
    def code(licence: Licence) -> str:
        return str(client_of(world.bob).post(f"/api/v1/licences/{licence.public_id}/adapter-download").json()["code"])

    assert code(worn(world, look, may_download_base=False)) == "TIER_FORBIDS_BASE_DOWNLOAD"
    assert code(world.licence(may_download_base=True)) == "no_adapter"
    links = client_of(world.bob).post(f"/api/v1/licences/{worn(world, look).public_id}/base-download").json()
    assert look.sha256 not in str(links)
    assert not Handover.objects.exists()


def test_a_takedown_of_a_title_reaches_the_copies(world: World, look: HouseAdapter) -> None:
    licence = worn(world, look)
    handover, data = taken(licence)
    title = look.titles.get()
    for start in (("title", title.pk), ("house_adapter", look.pk), ("tier", licence.revision.tier_id), ("licence", licence.pk)):
        assert ("handover", handover.pk) in lineage.rows(*start)
    takedowns.begin(item=takedowns.found(title.public_id, world.alice), by=world.alice, reason="The rights went back.")
    run_outbox()
    listed = Question(root=signing.keys().root, at=database_now(), revocations=revocations.current().document.encode())
    assert not verify(io.BytesIO(data), listed)
    assert client_of(world.bob).get(f"/api/v1/handovers/{handover.public_id}").json()["code"] == "LINEAGE_WITHDRAWN"
