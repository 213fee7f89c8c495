"""From a name to a checked clip, and what stands in the way."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from atelier.audit.models import Entry
from atelier.kit import store
from atelier.kit.models import Message
from atelier.kit.outbox import deliver
from atelier.kit.refused import Refused
from atelier.material import actions, limits, queries, sandbox, tasks
from atelier.material.models import Asset
from atelier.material.states import AssetState

from . import clips
from .conftest import add, send

pytestmark = pytest.mark.django_db


def gone(where: str, key: str) -> bool:
    try:
        store.size(where, key)
    except Refused as refused:
        return refused.code == "object_missing"
    return False


def test_a_film_is_brought_checked_and_kept(bring, film):
    asset = bring(film, "Été.mp4", caption="  a bar\n moves ")
    assert asset.state == AssetState.READY
    assert (asset.kind, asset.width, asset.height, asset.frames, asset.fps) == ("video", 64, 48, 12, 8.0)
    assert asset.caption == "a bar moves"
    assert store.get_bytes(store.MATERIAL, asset.clean_key) == film
    assert store.get_bytes(store.MATERIAL, asset.thumb_key).startswith(b"\xff\xd8\xff")
    assert store.get_bytes(store.MATERIAL, asset.filmstrip_key).startswith(b"\xff\xd8\xff")
    assert gone(store.QUARANTINE, asset.key)


def test_a_file_of_several_parts_arrives_whole(bring, tmp_path, monkeypatch):
    data = clips.film(tmp_path / "a.mp4", size=(64, 48), frames=24).read_bytes()
    # 8 MiB of padding in a box that players skip.
    data += (9 << 20).to_bytes(4) + b"free" + bytes((9 << 20) - 8)
    asset = bring(data)
    assert asset.part_count == 2
    assert asset.state == AssetState.READY


def test_every_step_is_audited_without_the_creator_s_words(bring, film, bob):
    bring(film, "secret name.mp4", caption="secret caption")
    entries = Entry.objects.filter(action__startswith="material.").order_by("id")
    assert [entry.action for entry in entries] == ["material.open", "material.add", "material.complete", "material.accept"]
    assert all("secret" not in str(entry.detail) for entry in entries)
    assert {entry.actor for entry in entries} == {bob.id, None}


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"<html></html>", "film.mp4", "NOT_A_VIDEO"),
        (b"#EXTM3U\nhttp://127.0.0.1/\n", "film.mp4", "PLAYLIST"),
    ],
)
def test_a_refused_file_says_why_and_does_not_spoil_the_rest(bring, film, content, name, problem):
    bad, good = bring(content, name), bring(film, "good.mp4")
    assert (bad.state, bad.problem) == (AssetState.REFUSED, problem)
    assert len(bad.problem_sentence) > 20
    assert good.state == AssetState.READY
    assert gone(store.QUARANTINE, bad.key)


def test_a_refused_file_may_be_added_again_under_its_name(bring, film):
    bad, good = bring(b"<html></html>"), bring(film)
    bad.refresh_from_db()
    assert (bad.state, good.state) == (AssetState.REMOVED, AssetState.READY)


def test_what_is_not_what_was_announced_is_refused(bring, film):
    asset = bring(film, sha256="0" * 64)
    assert (asset.state, asset.problem) == (AssetState.REFUSED, "DIGEST_MISMATCH")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bytes": 0}, "EMPTY_FILE"),
        ({"bytes": -5}, "EMPTY_FILE"),
        ({"bytes": (2 << 30) + 1}, "FILE_TOO_LARGE"),
        ({"sha256": "0" * 63}, "BAD_SHA256"),
        ({"sha256": "A" * 64}, "BAD_SHA256"),
        ({"sha256": "0" * 64 + "\n"}, "BAD_SHA256"),
        ({"caption": "x" * 100_000}, "CAPTION_TOO_LONG"),
        ({"name": ""}, "NAME_EMPTY"),
        ({"name": "\0\r\n\u202e"}, "NAME_EMPTY"),
        ({"name": "x" * 256}, "NAME_TOO_LONG"),
    ],
)
def test_it_refuses_to_add_what_cannot_be_right(dataset, change, code):
    with pytest.raises(Refused) as caught:
        actions.add(**{"dataset": dataset, "name": "a.mp4", "bytes": 10, "sha256": "0" * 64, **change})
    assert caught.value.code == code
    assert not dataset.assets.exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("a\0b.mp4", "ab.mp4"),
        ("a\r\nSet-Cookie: x.mp4", "aSet-Cookie: x.mp4"),
        ("gpj.\u202e4pm.exe", "gpj.4pm.exe"),
        ("فيلم.mp4", "فيلم.mp4"),
        ("E\u0301te\u0301.mp4", "Été.mp4"),
        ("half \ud800.mp4", "half .mp4"),
        ("<script>alert(1)</script>.mp4", "<script>alert(1)</script>.mp4"),
        ("'; DROP TABLE material_asset; --.mp4", "'; DROP TABLE material_asset; --.mp4"),
    ],
)
def test_any_file_name_is_shown(dataset, film, name, shown):
    assert add(dataset, film, name).name == shown


def test_no_file_name_reaches_a_key(bring, film):
    asset = bring(film, "../../etc/passwd\0\r\n\u202e.exe")
    assert asset.state == AssetState.READY
    for key in (asset.key, *asset.kept_keys):
        folder, _, file = key.partition("/")
        assert len(bytes.fromhex(folder)) == 16
        assert file in {"upload", "clip.mp4", "thumb.jpg", "filmstrip.jpg"}


def test_two_files_of_one_name_do_not_fit_into_one_dataset(dataset, film):
    add(dataset, film, "Été.mp4")
    with pytest.raises(Refused, match="NAME_TAKEN"):
        add(dataset, film + b"x", "E\u0301te\u0301.mp4")


def test_the_same_file_again_goes_on_where_it_was_whatever_room_is_left(dataset, film, monkeypatch):
    first = add(dataset, film, "Été.mp4")
    monkeypatch.setattr(limits, "BYTES_PER_PERSON", 1)
    assert add(dataset, film, "E\u0301te\u0301.mp4") == first


def test_parts_that_did_not_arrive_are_asked_for_by_number(dataset, film):
    asset = add(dataset, film)
    with pytest.raises(Refused, match="parts_missing"):
        actions.complete(asset=asset)
    assert actions.links(asset=asset, numbers=[1])[0].bytes == len(film)
    with pytest.raises(Refused) as caught:
        actions.complete(asset=asset)
    assert caught.value.extra["missing"] == [1]
    with pytest.raises(Refused, match="no_such_part"):
        actions.links(asset=asset, numbers=[2])


@pytest.mark.parametrize("change", [1, -1, 1 << 20])
def test_a_part_of_another_length_than_signed_is_not_taken(dataset, film, change):
    asset = add(dataset, film)
    (link,) = actions.links(asset=asset, numbers=[1])
    body = film + b"x" * change if change > 0 else film[:change]
    assert httpx.put(link.url, content=body).status_code == 403
    assert store.parts(store.QUARANTINE, asset.key, Asset.objects.get(pk=asset.pk).upload_id) == []


@pytest.mark.parametrize("changed", ["X-Amz-Signature", "partNumber", "X-Amz-Expires", "uploadId"])
def test_a_tampered_link_is_not_taken(dataset, film, changed):
    asset = add(dataset, film)
    (link,) = actions.links(asset=asset, numbers=[1])
    value = parse_qs(urlsplit(link.url).query)[changed][0]
    other = {"partNumber": "2", "X-Amz-Expires": "90000"}.get(changed, ("0" if value[0] != "0" else "1") + value[1:])
    assert httpx.put(link.url.replace(f"{changed}={value}", f"{changed}={other}"), content=film).status_code == 403
    unsigned = link.url.partition("?")[0]
    assert httpx.put(unsigned, content=film).status_code == 403


def test_an_expired_link_is_not_taken(dataset, film, monkeypatch):
    monkeypatch.setattr(store, "PART_SECONDS", -1)
    asset = add(dataset, film)
    (link,) = actions.links(asset=asset, numbers=[1])
    assert httpx.put(link.url, content=film).status_code in {400, 403}


def test_after_completing_the_object_can_no_longer_be_swapped(dataset, film, run_outbox):
    asset = add(dataset, film)
    (link,) = actions.links(asset=asset, numbers=[1])
    httpx.put(link.url, content=film).raise_for_status()
    actions.complete(asset=asset)
    assert httpx.put(link.url, content=film[::-1]).status_code == 404
    run_outbox()
    asset.refresh_from_db()
    assert store.get_bytes(store.MATERIAL, asset.clean_key) == film
    with pytest.raises(Refused, match="NOT_UPLOADING"):
        actions.links(asset=asset, numbers=[1])


def test_what_is_swapped_between_check_and_copy_is_not_kept(dataset, film, run_outbox, monkeypatch):
    asset, real = add(dataset, film), sandbox.probe
    send(asset, film)

    def swapping(file, folder):
        facts = real(file, folder)
        store.put_bytes(store.QUARANTINE, asset.key, b"swapped")
        return facts

    monkeypatch.setattr(sandbox, "probe", swapping)
    actions.complete(asset=asset)
    run_outbox()
    asset.refresh_from_db()
    assert store.get_bytes(store.MATERIAL, asset.clean_key) == film


def test_completing_twice_checks_once(dataset, film, run_outbox):
    asset = add(dataset, film)
    send(asset, film)
    actions.complete(asset=asset)
    assert actions.complete(asset=asset).state == AssetState.CHECKING
    assert Message.objects.filter(name="material.inspect", args__asset=str(asset.id)).count() == 1
    run_outbox()
    assert actions.complete(asset=asset).state == AssetState.READY


def test_completing_again_after_a_lost_commit_finds_the_whole_object(dataset, film, run_outbox):
    asset = add(dataset, film)
    send(asset, film)

    class Lost(Exception):
        pass

    with pytest.raises(Lost), transaction.atomic():
        actions.complete(asset=asset)
        raise Lost
    assert actions.complete(asset=asset).state == AssetState.CHECKING


def test_checking_twice_changes_nothing(bring, film):
    asset = bring(film)
    message = Message.objects.get(name="material.inspect", args__asset=str(asset.id))
    before = Asset.objects.values().get(pk=asset.pk)
    Message.objects.filter(pk=message.pk).update(done_at=None)
    deliver(str(message.pk))
    assert Asset.objects.values().get(pk=asset.pk) == before


def test_while_the_store_is_away_nothing_is_decided_and_the_check_comes_again(dataset, film, run_outbox, monkeypatch):
    asset = add(dataset, film)
    send(asset, film)
    actions.complete(asset=asset)

    def away(*arguments):
        raise store.unavailable()

    with monkeypatch.context() as patched, pytest.raises(Refused, match="store_unavailable"):
        patched.setattr(store, "put_file", away)
        run_outbox()
    asset.refresh_from_db()
    assert asset.state == AssetState.CHECKING
    run_outbox()
    asset.refresh_from_db()
    assert asset.state == AssetState.READY


def test_a_lost_upload_is_refused_with_a_sentence(dataset, film, run_outbox):
    asset = add(dataset, film)
    send(asset, film)
    actions.complete(asset=asset)
    store.delete(store.QUARANTINE, asset.key)
    run_outbox()
    asset.refresh_from_db()
    assert asset.problem == "UPLOAD_LOST"


def test_a_file_removed_while_it_is_checked_stays_removed_and_leaves_nothing(dataset, film, run_outbox, monkeypatch):
    asset, real, folders = add(dataset, film), sandbox.probe, []
    send(asset, film)

    def removing(file, folder):
        actions.remove(asset=asset)
        folders.append(Message.objects.get(name="material.inspect", args__asset=str(asset.id)).args["into"])
        return real(file, folder)

    monkeypatch.setattr(sandbox, "probe", removing)
    actions.complete(asset=asset)
    run_outbox()
    asset.refresh_from_db()
    assert asset.state == AssetState.REMOVED
    assert gone(store.QUARANTINE, asset.key)
    assert gone(store.MATERIAL, f"{folders[0]}/clip.mp4")


def test_removing_deletes_the_bytes_and_frees_the_name(bring, film, run_outbox):
    asset = bring(film)
    actions.remove(asset=asset)
    run_outbox()
    assert all(gone(store.MATERIAL, key) for key in asset.kept_keys)
    assert bring(film).state == AssetState.READY
    with pytest.raises(Refused, match="moved_meanwhile"):
        actions.remove(asset=asset)


def test_the_quota_counts_what_is_live_and_refuses_the_rest(dataset, bob, monkeypatch, run_outbox):
    monkeypatch.setattr(limits, "BYTES_PER_PERSON", 100)
    first = actions.add(dataset=dataset, name="a", bytes=60, sha256="0" * 64)
    elsewhere = actions.open_dataset(owner=bob, name="another")
    with pytest.raises(Refused, match="QUOTA_SPENT"):
        actions.add(dataset=elsewhere, name="b", bytes=41, sha256="0" * 64)
    actions.remove(asset=first)
    actions.add(dataset=elsewhere, name="b", bytes=100, sha256="0" * 64)
    actions.withdraw(dataset=elsewhere)
    assert queries.bytes_taken(bob.id) == 0


def test_a_dataset_holds_so_many_files_and_no_more(dataset, monkeypatch):
    monkeypatch.setattr(limits, "ASSETS_PER_DATASET", 2)
    for name in "ab":
        actions.add(dataset=dataset, name=name, bytes=1, sha256="0" * 64)
    with pytest.raises(Refused, match="TOO_MANY_ASSETS"):
        actions.add(dataset=dataset, name="c", bytes=1, sha256="0" * 64)


def test_an_abandoned_upload_is_swept_after_a_day(dataset, film, bob, run_outbox):
    old, young = add(dataset, film, "old.mp4"), add(dataset, film, "young.mp4")
    send(old, film)
    Asset.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(hours=25))
    assert tasks.sweep_abandoned() == 1
    run_outbox()
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.state, old.problem, young.state) == (AssetState.REFUSED, "ABANDONED", AssetState.UPLOADING)
    assert queries.bytes_taken(bob.id) == len(film)
    with pytest.raises(Refused, match="object_missing"):
        store.parts(store.QUARANTINE, old.key, old.upload_id)
    assert tasks.sweep_abandoned() == 0


def test_a_check_that_never_ended_is_swept_too(dataset, film, run_outbox):
    asset = add(dataset, film)
    send(asset, film)
    actions.complete(asset=asset)
    Message.objects.all().update(done_at=Now())
    Asset.objects.filter(pk=asset.pk).update(created_at=Now() - timedelta(hours=25))
    tasks.sweep_abandoned()
    asset.refresh_from_db()
    assert (asset.state, asset.problem) == (AssetState.REFUSED, "CHECK_FAILED")


@pytest.mark.parametrize(
    "wrong", [{"state": "sold"}, {"bytes": 0}, {"state": "refused"}, {"state": "ready"}, {"key": "taken"}], ids=lambda wrong: str(wrong)
)
def test_the_database_itself_refuses_rows_that_make_no_sense(dataset, wrong):
    Asset.objects.create(dataset=dataset, name="a", bytes=1, sha256="0" * 64, key="taken")
    with pytest.raises(IntegrityError), transaction.atomic():
        Asset.objects.create(**{"dataset": dataset, "name": "b", "bytes": 1, "sha256": "0" * 64, "key": "free", **wrong})
