"""The checkpoints of a studio's log: where they are shown and kept, who may have them signed, and what is proved by them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client

from atelier.audit import checkpoints, signing
from atelier.audit.actions import record
from atelier.audit.models import Checkpoint, Entry
from atelier.kit.models import Message
from atelier.studio.checkpoints import sign_all
from licensing import merkle
from tests.audit.logs import execute, full_rights
from tests.visits import signed_in
from tests.world import World, client_of, run_outbox, two_step

from .busy import SECRET, Busy

pytestmark = pytest.mark.django_db


def of(world: World) -> str:
    return f"/en/studio/{world.studio.public_id}/log"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_log_says_where_its_last_checkpoint_is_and_how_to_keep_it(world: World) -> None:
    client = signed_in(world.alice)
    assert "There is none yet" in text(client, of(world)) and "gets its place within seconds" in text(client, of(world))
    assert client.post(f"{of(world)}/checkpoints")["Location"] == f"{of(world)}/checkpoints"
    page = text(client, of(world))
    newest = checkpoints.newest(world.studio.id)
    for shown in (f"checkpoints/{newest.size}", "log/evidence", "place 0 in your log", "--since checkpoint-", "/trust/root.pub"):
        assert shown in page
    note = client.get(f"{of(world)}/checkpoints/{newest.size}")
    assert note.content.decode() == newest.note and note["Content-Disposition"].startswith("attachment")
    assert str(newest.root_hex)[:12] in text(client, f"{of(world)}/checkpoints")


def test_a_checkpoint_is_signed_once_for_what_is_there(world: World) -> None:
    client = signed_in(world.alice)
    for answer in ("on its way to the owners", "Nothing was added"):
        assert answer in client.post(f"{of(world)}/checkpoints", follow=True).content.decode()
    assert checkpoints.of_studio(world.studio.id).count() == 1


def test_an_auditor_reads_every_proof_and_signs_nothing(world: World) -> None:
    dave, entry = signed_in(world.dave), Entry.objects.filter(studio=world.studio.id).first()
    assert entry is not None
    checkpoints.now(world.studio.id)
    for page in ("checkpoints", "evidence", f"{entry.pk}/proof", f"{entry.pk}/evidence"):
        assert dave.get(f"{of(world)}/{page}").status_code == 200
    assert "Sign one now" not in text(dave, f"{of(world)}/checkpoints")
    record(action="test.deed", subject="x", studio=world.studio.id, actor=None)
    assert dave.post(f"{of(world)}/checkpoints").status_code == 403
    assert client_of(world.dave).post(f"/api/v1/studios/{world.studio.public_id}/checkpoints").status_code == 403
    assert checkpoints.of_studio(world.studio.id).count() == 1


def test_what_is_taken_home_verifies_without_us_and_shows_nobodys_clips(world: World, tmp_path: Path) -> None:
    busy = Busy(world)
    licence = busy.licence()
    busy.training(licence)
    kept = checkpoints.now(world.studio.id)
    busy.training(licence, state="running")
    checkpoints.now(world.studio.id)
    dave = signed_in(world.dave)
    checkpoints.now(world.studio.id)
    bundle = b"".join(dave.get(f"{of(world)}/evidence").streaming_content)
    for secret in (SECRET, world.bob.email, world.bob.id.hex, "material."):
        assert secret not in bundle.decode()
    for name, data in (("bundle", bundle), ("kept", kept.note.encode()), ("root.pub", signing.keys().root.to_pem().encode())):
        (tmp_path / name).write_bytes(data)
    asked = [sys.executable, "-m", "licensing", "audit", "verify", str(tmp_path / "bundle"), "--trust", str(tmp_path / "root.pub")]
    asked += ["--since", str(tmp_path / "kept"), "--json"]
    said = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    assert (said["ok"], said["since"], said["origin"]) == (True, kept.size, kept.origin)
    assert said["entries"] == Entry.objects.filter(studio=world.studio.id).count()


def test_a_proof_opens_what_the_leaf_seals_and_shouts_where_it_was_changed(world: World) -> None:
    licence = world.licence()
    checkpoints.now(world.studio.id)
    entry, dave = Entry.objects.get(action="licence.grant", licence=licence.public_id), signed_in(world.dave)
    page = text(dave, f"{of(world)}/{entry.pk}/proof")
    assert "as it was signed" in page and world.bob.public_id in page and "commitment" in page
    with full_rights():
        execute("UPDATE audit_entry SET action = 'licence.revoke' WHERE id = %s", entry.pk)
    assert "somebody changed it afterwards" in text(dave, f"{of(world)}/{entry.pk}/proof")


def test_a_proof_that_cannot_be_given_yet_says_when(world: World) -> None:
    checkpoints.now(world.studio.id)
    record(action="test.deed", subject="x", studio=world.studio.id, actor=None)
    entry = Entry.objects.filter(studio=world.studio.id).first()
    assert entry is not None
    answer = signed_in(world.alice).get(f"{of(world)}/{entry.pk}/proof")
    assert answer.status_code == 409 and "try again" in answer.content.decode()
    foreign = Entry.objects.filter(studio=World().studio.id).first()
    assert foreign is not None
    assert signed_in(world.alice).get(f"{of(world)}/{foreign.pk}/proof").status_code == 404


def test_a_log_without_a_checkpoint_has_no_evidence_yet(world: World) -> None:
    assert signed_in(world.alice).get(f"{of(world)}/evidence").status_code == 409


def test_owners_are_mailed_the_checkpoint_in_their_language(world: World) -> None:
    world.alice.language = "fr"
    world.alice.save()
    assert world.dave and world.studio
    sign_all()
    checkpoint = checkpoints.newest(world.studio.id)
    run_outbox()
    mails = [each for each in mail.outbox if any("checkpoint" in str(name) for name, *_ in each.attachments)]
    mine = [each for each in mails if each.to == [world.alice.email]]
    assert len(mine) == 1 and not [each for each in mails if each.to == [world.dave.email]]
    assert checkpoint.note in mine[0].body and f"/studio/{world.studio.public_id}/log/checkpoints" in mine[0].body
    assert mine[0].attachments[0][1] == checkpoint.note
    sign_all()
    assert checkpoints.of_studio(world.studio.id).count() == 1


def test_a_log_that_was_tampered_with_keeps_no_other_from_its_checkpoint(world: World, caplog: pytest.LogCaptureFixture) -> None:
    other = World().studio
    first = checkpoints.now(world.studio.id)
    record(action="test.deed", subject="x", studio=world.studio.id, actor=None)
    with full_rights():
        execute("UPDATE audit_leaf SET hash = sha256('x') WHERE tree = %s", world.studio.id)
        execute("UPDATE audit_checkpoint SET created_at = created_at - interval '2 days'")
    sign_all()
    assert "changed by hand" in caplog.text and str(world.studio.id) in caplog.text
    assert checkpoints.newest(world.studio.id) == first
    assert checkpoints.newest(other.id).size == 1


def test_the_api_gives_proofs_that_can_be_reckoned_after(world: World) -> None:
    client, base = client_of(two_step(world.person("ada"))), f"/api/v1/studios/{world.studio.public_id}"
    assert client.get(f"{base}/checkpoints").status_code == 404
    client = client_of(world.alice)
    old = client.post(f"{base}/checkpoints").json()
    world.licence()
    now = client.post(f"{base}/checkpoints").json()
    assert [each["size"] for each in client.get(f"{base}/checkpoints").json()["results"]] == [now["size"], old["size"]]
    growth = client.get(f"{base}/checkpoints/{now['size']}/growth").json()
    path = [bytes.fromhex(each) for each in growth["proof"]]
    roots = [bytes.fromhex(each["root"]) for each in (old, now)]
    assert growth["since"] == old["size"] and merkle.verify_consistency(old["size"], now["size"], *roots, path)
    for since in ("x", "999", "-1"):
        assert client.get(f"{base}/checkpoints/{now['size']}/growth", {"since": since}).status_code == 422
    entry = client.get(f"{base}/audit", {"action": "licence.grant"}).json()["results"][0]
    proof = client.get(f"{base}/audit/{entry['id']}/proof").json()
    leaf = merkle.leaf_hash(proof["leaf"].encode())
    assert (leaf.hex(), proof["index"], proof["holds"]) == (proof["leaf_hash"], entry["index"], True)
    inclusion = [bytes.fromhex(each) for each in proof["inclusion"]]
    assert merkle.verify_inclusion(leaf, entry["index"], now["size"], inclusion, roots[1])
    assert Checkpoint.objects.filter(tree=world.studio.id).count() == 2 and Message.objects.filter(name="audit.signed").exists()
