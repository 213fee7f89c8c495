"""Captions, the promise, sealing, and what can be done with what is sealed."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from atelier.audit.models import Entry
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.material import actions, attestation, queries
from atelier.material.models import Asset, Dataset
from atelier.material.states import ASSET, DATASET, AssetState, DatasetState
from finetune.manifest import DatasetManifest

from .conftest import add, ready

pytestmark = pytest.mark.django_db


def refused(verb, **arguments) -> Refused:
    with pytest.raises(Refused) as caught:
        verb(**arguments)
    return caught.value


def attest(dataset):
    return actions.attest(dataset=dataset, text_hash=attestation.FRENCH.hash)


def test_an_empty_dataset_is_not_sealed(dataset):
    attest(dataset)
    assert refused(actions.seal, dataset=dataset).code == "EMPTY_DATASET"


def test_a_dataset_without_the_promise_is_not_sealed(dataset, film):
    ready(dataset, film, caption="a bar")
    assert refused(actions.seal, dataset=dataset).code == "NOT_ATTESTED"


def test_missing_captions_are_asked_for_by_name(dataset, film):
    ready(dataset, film, "a.mp4", caption="a bar")
    ready(dataset, film, "b.mp4", caption=" \n ")
    ready(dataset, film, "c.mp4")
    attest(dataset)
    no = refused(actions.seal, dataset=dataset)
    assert (no.code, no.extra["names"]) == ("CAPTION_MISSING", ["b.mp4", "c.mp4"])
    assert "“b.mp4”, “c.mp4”" in no.sentence
    actions.caption_many(dataset=dataset, captions={"b.mp4": "b", "c.mp4": "c"})
    assert actions.seal(dataset=dataset).dataset.state == DatasetState.SEALED


def test_a_file_still_on_its_way_keeps_the_dataset_open(dataset, film):
    ready(dataset, film, caption="a bar")
    late = add(dataset, film, "late.mp4", caption="late")
    attest(dataset)
    no = refused(actions.seal, dataset=dataset)
    assert (no.code, no.extra["names"]) == ("STILL_CHECKING", ["late.mp4"])
    actions.remove(asset=late)
    actions.seal(dataset=dataset)


def test_refused_files_are_left_out_and_named(dataset, bring, film):
    bring(b"<html>", "bad.mp4")
    good = ready(dataset, film, "good.mp4", caption="a bar")
    attest(dataset)
    assert actions.seal(dataset=dataset).left_out == ["bad.mp4"]
    assert [clip.file for clip in queries.manifest(dataset).clips] == [f"clips/{good.public_id}.mp4"]


def test_while_the_store_is_away_nothing_is_sealed(dataset, film, monkeypatch):
    ready(dataset, film, caption="a bar")
    attest(dataset)

    def away(*arguments):
        raise store.unavailable()

    with monkeypatch.context() as patched:
        patched.setattr(store, "put_bytes", away)
        assert refused(actions.seal, dataset=dataset).code == "store_unavailable"
    dataset.refresh_from_db()
    assert dataset.state == DatasetState.OPEN
    assert actions.seal(dataset=dataset).dataset.state == DatasetState.SEALED


def test_the_manifest_says_what_was_sealed_and_names_nobody_s_file(sealed, film):
    manifest = queries.manifest(sealed)
    (clip,) = manifest.clips
    asset = sealed.assets.get()
    assert (clip.sha256, clip.bytes, clip.caption, clip.kind) == (asset.sha256, len(film), "a bar moves", "video")
    assert (clip.width, clip.height, clip.frames, clip.fps) == (64, 48, 12, 8.0)
    assert manifest.root == sealed.root
    assert "clip.mp4" not in json.dumps(manifest.to_dict())


def test_the_files_are_fetched_for_the_engine(sealed, film, tmp_path):
    queries.fetch(sealed, tmp_path / "data")
    manifest = DatasetManifest.load(tmp_path / "data")
    manifest.verify(tmp_path / "data")
    assert manifest.root == sealed.root
    assert (tmp_path / "data" / manifest.clips[0].file).read_bytes() == film


def test_a_clip_that_changed_in_the_store_is_not_fetched(sealed, tmp_path):
    store.put_bytes(store.MATERIAL, sealed.assets.get().clean_key, b"other")
    with pytest.raises(RuntimeError, match="other bytes"):
        queries.fetch(sealed, tmp_path)


def test_a_manifest_that_changed_in_the_store_is_not_read(sealed, bob, film):
    other = actions.open_dataset(owner=bob, name="other")
    ready(other, film, caption="another caption")
    attest(other)
    key = actions.seal(dataset=other).dataset.manifest_key
    store.put_bytes(store.MATERIAL, sealed.manifest_key, store.get_bytes(store.MATERIAL, key))
    with pytest.raises(RuntimeError, match="another root"):
        queries.manifest(sealed)


def test_an_open_dataset_has_nothing_to_fetch(dataset, tmp_path):
    assert refused(queries.fetch, dataset=dataset, folder=tmp_path).code == "DATASET_NOT_USABLE"
    assert refused(queries.manifest, dataset=dataset).code == "NOT_SEALED"


def test_no_action_changes_what_is_sealed(sealed, film):
    asset = sealed.assets.get()
    before = (Dataset.objects.values().get(pk=sealed.pk), Asset.objects.values().get(pk=asset.pk))
    for no in (
        refused(add, dataset=sealed, data=film, name="new.mp4"),
        refused(actions.links, asset=asset, numbers=[1]),
        refused(actions.complete, asset=asset),
        refused(actions.caption, asset=asset, text="another"),
        refused(actions.caption_many, dataset=sealed, captions={"clip.mp4": "another"}),
        refused(actions.remove, asset=asset),
        refused(actions.attest, dataset=sealed, text_hash=attestation.ENGLISH.hash),
        refused(actions.seal, dataset=sealed),
        refused(actions.abandon, asset=asset, problem="ABANDONED", sentence="x"),
    ):
        assert no.code == "DATASET_CLOSED"
    assert before == (Dataset.objects.values().get(pk=sealed.pk), Asset.objects.values().get(pk=asset.pk))


def test_the_database_itself_refuses_to_change_what_is_sealed(sealed):
    for change in (
        "UPDATE material_asset SET caption = 'x' WHERE dataset_id = %s",
        "UPDATE material_asset SET sha256 = 'x' WHERE dataset_id = %s",
        "UPDATE material_asset SET state = 'removed' WHERE dataset_id = %s",
        "DELETE FROM material_asset WHERE dataset_id = %s",
        "DELETE FROM material_dataset WHERE id = %s",
        "UPDATE material_dataset SET root = 'sha256:x' WHERE id = %s",
        "UPDATE material_dataset SET owner_id = gen_random_uuid() WHERE id = %s",
        "UPDATE material_dataset SET state = 'open' WHERE id = %s",
        "UPDATE material_dataset SET state = 'withdrawn', root = '' WHERE id = %s",
    ):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change, [sealed.pk])


def test_no_file_moves_from_an_open_dataset_into_a_sealed_one(sealed, bob, film):
    asset = add(actions.open_dataset(owner=bob, name="open"), film)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        Asset.objects.filter(pk=asset.pk).update(dataset=sealed)


def test_a_withdrawn_dataset_is_unusable_and_its_bytes_are_gone(sealed, tmp_path, run_outbox):
    asset = sealed.assets.get()
    assert queries.usable(sealed)
    actions.withdraw(dataset=sealed)
    run_outbox()
    assert not queries.usable(sealed)
    assert refused(queries.fetch, dataset=sealed, folder=tmp_path).code == "DATASET_NOT_USABLE"
    assert all(refused(store.size, where=store.MATERIAL, key=key).code == "object_missing" for key in asset.kept_keys)
    assert queries.manifest(sealed).root == sealed.root
    assert refused(actions.withdraw, dataset=sealed).code == "moved_meanwhile"


def test_an_open_dataset_is_withdrawn_with_everything_in_it(dataset, film):
    asset = ready(dataset, film)
    actions.withdraw(dataset=dataset)
    asset.refresh_from_db()
    assert asset.state == AssetState.REMOVED
    assert refused(add, dataset=dataset, data=film, name="x").code == "DATASET_CLOSED"


def test_the_promise_is_recorded_with_hash_time_and_audit_entry(dataset, bob):
    row = attest(dataset)
    assert (row.attested_text, row.attested_at is not None) == (attestation.FRENCH.hash, True)
    entry = Entry.objects.get(action="material.attest")
    assert (entry.subject, entry.actor, entry.detail) == (dataset.public_id, bob.id, {"text": attestation.FRENCH.hash, "language": "fr"})


def test_another_text_is_no_promise(dataset):
    assert refused(actions.attest, dataset=dataset, text_hash="sha256:" + "0" * 64).code == "ATTESTATION_CHANGED"


def test_both_languages_promise_the_same_number_of_things():
    numbered = [[line[0] for line in text.text.splitlines() if line[:1].isdigit()] for text in attestation.TEXTS.values()]
    assert numbered == [list("12345")] * 2


def test_captions_go_by_file_name_and_tell_which_are_unknown(dataset, film):
    for name in ("Été.mp4", "b.mp4"):
        add(dataset, film, name)
    done = actions.caption_many(dataset=dataset, captions={"E\u0301te\u0301.mp4": " summer\r\nlight ", "b.mp4": "b\0ar", "no.mp4": "x"})
    assert (done.applied, done.unknown) == (["b.mp4", "Été.mp4"], ["no.mp4"])
    assert sorted(dataset.assets.values_list("caption", flat=True)) == ["b ar", "summer light"]


def test_one_caption_of_a_hundred_kilobytes_is_refused_by_name_and_none_is_applied(dataset, film):
    asset = add(dataset, film, "a.mp4", caption="before")
    no = refused(actions.caption_many, dataset=dataset, captions={"a.mp4": "after", "b.mp4": "x" * 100_000})
    assert (no.code, no.extra["names"], no.status) == ("CAPTION_TOO_LONG", ["b.mp4"], 422)
    assert "100000" in no.sentence
    assert refused(actions.caption, asset=asset, text="x" * 2001).code == "CAPTION_TOO_LONG"
    asset.refresh_from_db()
    assert asset.caption == "before"
    assert actions.caption(asset=asset, text="x" * 2000).caption == "x" * 2000


def test_only_the_owner_sees_her_datasets_and_files(sealed, studio, alice, bob, carol, dave):
    from atelier.accounts.access import visible

    for model in (Dataset, Asset):
        assert visible(model, bob).count() == 1
        assert [visible(model, person).count() for person in (alice, carol, dave)] == [0, 0, 0]


def test_the_moves_are_those_of_the_table():
    assert DATASET.final(DatasetState.WITHDRAWN)
    assert ASSET.final(AssetState.REMOVED)
    assert ASSET.sources(AssetState.READY) == [AssetState.CHECKING]
