"""Whatever a model made says so, signed by us: readers that have our anchor trust it, and nothing unsigned is shown."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from atelier.kit import store
from atelier.kit.models import Message
from atelier.library import actions, previews
from atelier.library.actions import StoredFile
from atelier.library.models import CustomModel, Preview
from atelier.library.provenance import clock, keys, reading, signing
from atelier.library.provenance.__main__ import main
from atelier.library.provenance.manifest import GENERATED, About, definition
from licensing import credentials, keyring
from licensing.credentials import Identity, Turn
from licensing.keys import BadSigner
from tests.world import World

from . import pictures
from .files import USE, stored

NOW = datetime.now(UTC)
ABOUT = About("prv_1", "Harbour", "2.0", datetime(2026, 11, 23, tzinfo=UTC), {"training": "trn_1", "offering": "off_1"})
YEAR = timedelta(days=365)


def of(turn: Turn, anchors: bytes = b"") -> keys.Keys:
    return keys.Keys(credentials.identity(turn.previews), credentials.identity(turn.clock), (anchors or turn.anchor).decode())


def fresh(now: datetime = NOW, period: timedelta = YEAR) -> keys.Keys:
    return of(credentials.begin(keyring.new_pem(), now, period))


OURS = fresh()


def made(media: str, by: keys.Keys = OURS) -> bytes:
    return signing.signed(pictures.all_of_them()[media], media, ABOUT, by)[0]


@pytest.mark.parametrize("media", pictures.all_of_them())
def test_who_has_our_anchor_trusts_it_and_reads_what_made_it_and_when(media: str) -> None:
    found = reading.read(made(media), media, OURS.anchors)
    assert (found.state, found.codes, found.about) == ("Trusted", (), ABOUT)
    assert found.signed_by == "Atelier previews"
    assert found.signed_at is not None and found.signed_at >= NOW - timedelta(seconds=1), "by our own clock"


@pytest.mark.parametrize("media", pictures.all_of_them())
def test_who_has_another_anchor_does_not_trust_it_though_it_is_well_signed(media: str) -> None:
    found = reading.read(made(media), media, fresh().anchors)
    assert found.state == "Valid" and "signingCredential.untrusted" in found.codes
    assert not found.trusted
    with pytest.raises(reading.NotTrusted, match="untrusted"):
        reading.require_trusted(made(media), media, fresh().anchors)


@pytest.mark.parametrize("media", pictures.all_of_them())
def test_a_changed_picture_is_refused(media: str) -> None:
    data, plain = bytearray(made(media)), pictures.all_of_them()[media]
    at = data.index(plain[-60:-40]) + 10  # well inside the pictures: the boxes and chunks at the ends are no part of them
    data[at] ^= 1
    with pytest.raises(reading.NotTrusted, match="Invalid"):
        reading.require_trusted(bytes(data), media, OURS.anchors)


def test_what_says_nothing_is_unmarked_and_what_is_no_picture_is_no_failure_of_ours() -> None:
    assert reading.read(pictures.clip(), "video/mp4", OURS.anchors).state == "Unmarked"
    assert not reading.read(b"not a film", "video/mp4", OURS.anchors).trusted


def test_keys_take_turns_under_one_anchor() -> None:
    root = keyring.new_pem()
    first = credentials.begin(root, NOW, YEAR)
    second = credentials.rotate(root, first.anchor, NOW, YEAR)
    assert first.anchor == second.anchor and first.previews != second.previews
    for turn in (first, second):
        assert reading.read(made("image/png", of(turn)), "image/png", first.anchor.decode()).trusted
    with pytest.raises(BadSigner, match="not of the root"):
        credentials.rotate(keyring.new_pem(), first.anchor, NOW, YEAR)


def briefly(seconds: int) -> tuple[keys.Keys, bytes]:
    """Signed with what lasts no longer than a machine that is busy needs to sign."""
    by = fresh(datetime.now(UTC), timedelta(seconds=seconds))
    try:
        return by, made("image/png", by)
    except (signing.NotSigned, reading.NotTrusted):
        return briefly(seconds * 3)


def test_what_was_signed_stays_trusted_after_its_certificate_ended_for_the_clock_says_when() -> None:
    by, data = briefly(2)
    end = by.signer.chain[0].not_valid_after_utc
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 1.1)  # stamps tell whole seconds
    assert reading.read(data, "image/png", by.anchors).trusted
    with pytest.raises((signing.NotSigned, reading.NotTrusted)):
        made("image/png", by)


def test_a_clock_under_another_anchor_is_not_taken() -> None:
    with pytest.raises(reading.NotTrusted, match="clock"):
        made("image/png", keys.Keys(OURS.signer, fresh().clock, OURS.anchors))


def test_a_key_that_signs_wrongly_shows_nothing() -> None:
    other = fresh().signer
    with pytest.raises((signing.NotSigned, reading.NotTrusted)):
        made("image/png", keys.Keys(Identity(other.signer, OURS.signer.chain), OURS.clock, OURS.anchors))


def test_it_names_ids_and_nobody() -> None:
    said = json.dumps(definition(ABOUT))
    assert GENERATED in said and "trn_1" in said
    assert "prompt" not in said and "author" not in said


@pytest.mark.parametrize("request_", [b"", b"\x30", b"\x30\x03\x02\x01\x01", b"\x30\x82", b"junk" * 9])
def test_the_clock_answers_requests_for_a_stamp_only(request_: bytes) -> None:
    with pytest.raises(clock.NoRequest):
        clock.stamp(request_, OURS.clock, NOW)


@pytest.mark.parametrize("name", ["PREVIEW_KEY", "PREVIEW_CLOCK", "PREVIEW_ANCHORS"])
def test_a_setting_that_cannot_be_read_is_named_and_its_value_is_not(settings: Any, name: str) -> None:
    setattr(settings, name, "nonsense")
    with pytest.raises(ImproperlyConfigured, match=name) as caught:
        keys.keys()
    assert "nonsense" not in str(caught.value)


def test_keys_of_another_purpose_or_under_another_anchor_are_refused_at_the_start(settings: Any) -> None:
    before = settings.PREVIEW_KEY
    settings.PREVIEW_KEY = settings.PREVIEW_CLOCK
    with pytest.raises(ImproperlyConfigured, match="PREVIEW_KEY and PREVIEW_ANCHORS do not belong together"):
        keys.keys()
    settings.PREVIEW_KEY, settings.PREVIEW_ANCHORS = before, fresh().anchors
    with pytest.raises(ImproperlyConfigured, match="does not stand under the anchor"):
        keys.keys()


def put(name: str, data: bytes) -> str:
    key = f"test/{uuid4()}/{name}"
    store.put_bytes(store.MODELS, key, data)
    return key


def keep(world: World, fence: int = 1, training: Any = None) -> Preview | None:
    files = {"key": put("00-base.mp4", pictures.clip()), "still": put("00-base.webp", pictures.picture("WEBP"))}
    facts = {"place": 0, "step": 0, "prompt": "a bar", "seed": 1, "made_at": NOW}
    return previews.keep(training=training or uuid4(), licence=world.licence(), fence=fence, **facts, **files)


def test_a_preview_is_shown_once_both_of_its_files_are_signed(world: World) -> None:
    row = keep(world)
    assert row is not None
    offering = world.licence().revision.tier.offering
    for key in (row.key, row.still):
        found = reading.require_trusted(store.get_bytes(store.MODELS, key), reading.TYPES[key[key.rindex(".") :]], keys.anchors())
        assert found.about is not None and found.about.title == row.public_id
        assert found.about.ids["base"] == offering.version.public_id and found.about.agent == offering.name
    assert row.credential["title"] == row.public_id and row.credential["signed_by"] == "Atelier previews"


def test_a_later_fence_takes_the_place_of_an_earlier_one_and_never_the_other_way(world: World) -> None:
    training = uuid4()
    first, second = keep(world, 1, training), keep(world, 3, training)
    assert first and second and first.pk == second.pk and second.fence == 3
    assert keep(world, 2, training) is None
    assert Preview.objects.get(training=training).fence == 3


def test_what_cannot_be_signed_is_not_shown(world: World, settings: Any) -> None:
    settings.PREVIEW_ANCHORS = fresh().anchors
    with pytest.raises(ImproperlyConfigured):
        keep(world)
    assert not Preview.objects.exists()


def published(world: World, *files: StoredFile) -> CustomModel:
    facts: dict[str, Any] = {"dataset_root": "sha256:" + "0" * 64, "name": "Neon", "use": USE, "manifest": {}}
    return actions.publish(owner=world.bob, licence=world.licence(), training=uuid4(), files=files, **facts)


def test_the_pictures_of_a_model_are_its_files_once_they_are_signed(world: World, run_outbox: Callable[..., int]) -> None:
    sheet, base = stored("previews/sheet.png", pictures.picture("PNG"), "sheet"), stored("previews/00-base.mp4", pictures.clip(), "preview")
    model = published(world, sheet, base, stored("manifest.json", b"{}", "manifest"))
    assert [row.path for row in model.artifacts.all()] == ["manifest.json"]
    run_outbox("library.sign")
    for path in (sheet.path, base.path):
        given = actions.hand_over(model=model, path=path, person=world.bob)
        assert isinstance(given, actions.Link)
        row = model.artifacts.get(path=path)
        data = store.get_bytes(store.MODELS, row.key)
        assert (row.bytes, row.sha256) == (len(data), given.sha256)
        assert reading.require_trusted(data, reading.TYPES[path[path.rindex(".") :]], keys.anchors()).about


def test_a_picture_that_was_altered_in_the_store_is_not_signed_and_the_message_comes_again(
    world: World, run_outbox: Callable[..., int]
) -> None:
    sheet = stored("previews/sheet.png", pictures.picture("PNG"), "sheet")
    model = published(world, sheet)
    store.put_bytes(store.MODELS, sheet.key, pictures.picture("WEBP"))
    with pytest.raises(Exception, match="not the one that the training made"):
        run_outbox("library.sign")
    assert not model.artifacts.exists()
    assert Message.objects.get(name="library.sign").done_at is None


def test_everybody_may_have_the_anchor(db: None) -> None:
    answer = Client().get("/trust/anchor.pem")
    assert answer.content.decode() == keys.anchors() and "PRIVATE" not in keys.anchors()
    assert answer["Access-Control-Allow-Origin"] == "*" and "public" in answer["Cache-Control"]


def test_the_command_says_who_made_a_file_and_whether_that_is_believed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, ours, other = (tmp_path / name for name in ("clip.mp4", "anchor.pem", "other.pem"))
    file.write_bytes(made("video/mp4"))
    ours.write_text(OURS.anchors)
    other.write_text(fresh().anchors)
    assert main([str(file), "--anchors", str(ours)]) == 0
    assert "Trusted\ngenerated by Harbour 2.0, 2026-11-23" in capsys.readouterr().out
    assert main([str(file), "--anchors", str(other)]) == 1
    assert "Valid: signingCredential.untrusted" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([str(tmp_path / "clip.txt"), "--anchors", str(ours)])
