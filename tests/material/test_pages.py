"""The dataset pages as a browser without scripts reads them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from atelier.material import actions, attestation
from atelier.material.models import Dataset
from atelier.material.problems import SENTENCES, told
from atelier.material.states import ASSET, AssetState, DatasetState
from tests.pages.test_public import Read

from .conftest import add, ready

pytestmark = pytest.mark.django_db
ARABIC = "قطار الليل " * 18
NAMES = ("dataset", "dataset-captions", "dataset-seal", "dataset-withdraw")


def at(name: str, *args: str, language: str = "en") -> str:
    with override(language):
        return reverse(name, args=args)


@pytest.fixture
def page(bob: Any) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def clip(dataset: Any, film: bytes) -> Any:
    return ready(dataset, film, "night.mp4", caption="a bar moves")


def refuse(dataset: Any, name: str = "bad.mp4") -> Any:
    asset = add(dataset, b"x", name)
    sentence = "The video is too long (700 s). A clip lasts at most 10 minutes; cut it into shorter ones."
    ASSET.move(asset, AssetState.REFUSED, problem="TOO_LONG", problem_sentence=sentence)
    return asset


def save(client: Client, clip: Any, text: str, was: str, **more: Any) -> Any:
    return client.post(at("clip-caption", clip.public_id), {"text": text, "was": was, "clip": clip.public_id}, **more)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_speaks_its_language_and_holds_nothing_inline(page, dataset, clip, language):
    refuse(dataset)
    add(dataset, b"yz", "half.mp4")
    for name, args in [("datasets", ()), *((name, (dataset.public_id,)) for name in NAMES)]:
        answer = page.get(at(name, *args, language=language))
        read = Read(answer.content.decode())
        assert answer.status_code == 200, name
        assert read.every("html")[0]["lang"] == language
        assert len(read.every("h1")) == 1 and not read.inline(), name


def test_one_opens_a_dataset_by_its_name(page, bob):
    assert "No datasets yet" in page.get(at("datasets")).content.decode()
    answer = page.post(at("datasets"), {"name": ARABIC[:200]})
    row = Dataset.objects.get(owner=bob)
    assert (answer.status_code, answer["Location"]) == (302, at("dataset", row.public_id))
    assert "No clips yet" in page.get(answer["Location"]).content.decode()


def test_a_dataset_without_a_name_is_refused_with_the_form(page):
    assert page.post(at("datasets"), {"name": " "}).status_code == 422


def test_a_refused_file_says_why_in_the_readers_language(page, dataset):
    refuse(dataset)
    assert "A clip lasts at most 10 minutes" in page.get(at("dataset", dataset.public_id) + "?show=problems").content.decode()
    french = page.get(at("dataset", dataset.public_id, language="fr") + "?show=problems").content.decode()
    assert "trop longue (700 s)" in french and "au plus 10 minutes" in french


@pytest.mark.parametrize(
    ("code", "sentence"), [("TOO_LONG", SENTENCES["TOO_LONG"].format(found="700 s")), ("EMPTY_FILE", SENTENCES["EMPTY_FILE"])]
)
def test_a_kept_sentence_is_told_again_in_the_readers_language(code, sentence):
    with override("en"):
        assert told(code, sentence) == sentence
    with override("fr"):
        assert told(code, "said before the text was changed") == "said before the text was changed"


def test_the_list_is_narrowed_and_paged(page, dataset, clip, film):
    for number in range(25):
        ready(dataset, film, f"{number}.mp4")
    bare = page.get(at("dataset", dataset.public_id) + "?show=uncaptioned").content.decode()
    assert "night.mp4" not in bare and "Page 1 of 2" in bare
    assert "night.mp4" in page.get(at("dataset", dataset.public_id) + "?page=2").content.decode()


def test_the_part_that_is_looked_at_again_says_so_only_while_something_is_not_final(page, dataset, clip):
    part = at("dataset-clips", dataset.public_id)
    assert "every" not in page.get(part).content.decode()
    ASSET.move(add(dataset, b"x", "new.mp4"), AssetState.CHECKING)
    assert "every 2s" in page.get(part).content.decode()


def test_a_caption_is_saved_by_a_plain_form_and_by_htmx(page, clip):
    answer = save(page, clip, "a train", "a bar moves")
    assert answer.status_code == 302 and answer["Location"].endswith(f"#{clip.public_id}")
    answer = save(page, clip, "a night train", "a train", headers={"HX-Request": "true"})
    clip.refresh_from_db()
    assert clip.caption == "a night train"
    assert "Saved" in answer.content.decode() and "<html" not in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_caption_that_was_changed_meanwhile_is_told_and_both_texts_are_there(page, clip, headers):
    actions.caption(asset=clip, text="theirs")
    answer = save(page, clip, "mine", "a bar moves", headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 409 and "theirs" in text and "mine</textarea>" in text
    assert 'name="was" value="theirs"' in text
    clip.refresh_from_db()
    assert clip.caption == "theirs"
    assert save(page, clip, "mine", "theirs").status_code == 302
    clip.refresh_from_db()
    assert clip.caption == "mine"


def test_the_other_caption_may_be_kept(page, clip):
    actions.caption(asset=clip, text="theirs")
    page.post(at("clip-caption", clip.public_id), {"text": "mine", "was": "theirs", "theirs": "1"})
    clip.refresh_from_db()
    assert clip.caption == "theirs"


def test_a_caption_that_is_too_long_comes_back_with_the_form(page, clip):
    answer = save(page, clip, "x" * 2001, "a bar moves")
    assert answer.status_code == 422 and "x" * 2001 in answer.content.decode()


def test_a_caption_for_a_dataset_sealed_in_another_tab_is_not_lost(page, dataset, clip):
    actions.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
    actions.seal(dataset=dataset)
    answer = save(page, clip, "mine", "a bar moves", headers={"HX-Request": "true"})
    assert answer.status_code == 409 and "mine</textarea>" in answer.content.decode()


def test_a_caption_sent_after_the_session_ended_is_there_after_signing_in(bob, dataset, clip):
    client, here = Client(), at("dataset", dataset.public_id)
    answer = save(client, clip, "typed before", "a bar moves", headers={"Referer": f"http://testserver{here}", "HX-Request": "true"})
    assert answer.status_code == 200 and "login" in answer["HX-Redirect"]
    kept = client.session["kept_form"]
    client.force_login(bob)
    session = client.session
    session["kept_form"] = kept
    session.save()
    assert "typed before</textarea>" in client.get(here).content.decode()


def test_captions_as_a_list_are_previewed_and_then_applied(page, dataset, clip, film):
    ready(dataset, film, "a: b.mp4")
    where = at("dataset-captions", dataset.public_id)
    answer = page.post(where, {"way": "lines", "lines": "night.mp4: a night train\na: b.mp4: a colon\nother.mp4: nothing"})
    text = answer.content.decode()
    assert answer.status_code == 200 and "2 captions would change" in text and "other.mp4" in text
    clip.refresh_from_db()
    assert clip.caption == "a bar moves"
    page.post(where, {"changes": answer.context["plan"].packed()})
    assert dict(dataset.assets.values_list("name", "caption")) == {"night.mp4": "a night train", "a: b.mp4": "a colon"}


def test_what_changed_between_preview_and_apply_stays(page, dataset, clip):
    where = at("dataset-captions", dataset.public_id)
    plan = page.post(where, {"way": "reword", "before": "lumen style,"}).context["plan"]
    assert [each.text for each in plan.proposals] == ["lumen style, a bar moves"]
    actions.caption(asset=clip, text="theirs")
    answer = page.post(where, {"changes": plan.packed()}, follow=True)
    clip.refresh_from_db()
    assert clip.caption == "theirs" and "changed meanwhile: night.mp4" in answer.content.decode()


@pytest.mark.parametrize("changes", ["", "{", "[1]", '[["ast_1"]]'])
def test_changes_that_nobody_previewed_are_refused(page, dataset, changes):
    assert page.post(at("dataset-captions", dataset.public_id), {"changes": changes}).status_code == 422


def test_captions_are_reworded(page, dataset, clip, film):
    ready(dataset, film, "bare.mp4")
    where = at("dataset-captions", dataset.public_id)
    plan = page.post(where, {"way": "reword", "find": "bar", "replace": "train", "after": "at night", "bare": "on"}).context["plan"]
    assert [each.text for each in plan.proposals] == ["a train moves at night", "at night"]
    assert page.post(where, {"way": "reword"}).status_code == 422


def test_a_line_that_is_too_long_holds_the_plan_back(page, dataset, clip):
    answer = page.post(at("dataset-captions", dataset.public_id), {"way": "lines", "lines": f"night.mp4: {'x' * 2001}"})
    assert answer.status_code == 422 and "2001" in answer.content.decode() and "changes" not in Read(answer.content.decode()).every("input")


def test_text_files_become_captions(page, dataset, clip):
    from django.core.files.uploadedfile import SimpleUploadedFile

    files = [SimpleUploadedFile(name, text) for name, text in [("night.txt", "Été".encode("cp1252")), ("none.txt", b"x")]]
    plan = page.post(at("dataset-captions", dataset.public_id), {"way": "sidecars", "texts": files}).context["plan"]
    assert [each.text for each in plan.proposals] == ["Été"] and plan.unknown == ["none.txt"]


def test_sidecars_caption_their_clips_through_the_action(dataset, clip):
    done = actions.caption_many(dataset=dataset, captions={"night.txt": "a night train", "none.txt": "x"})
    assert (done.applied, done.unknown) == (["night.mp4"], ["none.txt"])


def test_a_file_is_taken_out(page, dataset, clip):
    answer = page.post(at("clip-remove", clip.public_id), {"at": "https://evil.example/"})
    assert (answer.status_code, answer["Location"]) == (302, at("dataset", dataset.public_id))
    assert page.get(at("clip-picture", clip.public_id, "thumbnail")).status_code == 404


def test_a_picture_is_found_at_an_address_that_stays(page, clip):
    answer = page.get(at("clip-picture", clip.public_id, "thumbnail"))
    assert answer.status_code == 302 and "X-Amz-Signature" in answer["Location"] and "max-age" in answer["Cache-Control"]
    assert page.get(at("clip-picture", clip.public_id, "filmstrip")).status_code == 404


def test_what_is_missing_for_the_seal_is_linked(page, dataset, clip, film):
    bare, half = ready(dataset, film, "bare.mp4"), add(dataset, b"x", "half.mp4")
    text = page.get(at("dataset-seal", dataset.public_id)).content.decode()
    assert f"?show=uncaptioned#{bare.public_id}" in text and f"?show=unfinished#{half.public_id}" in text
    assert "seal later" in text


def test_nothing_is_sealed_without_the_declaration(page, dataset, clip):
    answer = page.post(at("dataset-seal", dataset.public_id), {"text_hash": attestation.ENGLISH.hash})
    assert answer.status_code == 422 and "Tick this" in answer.content.decode()


@pytest.mark.parametrize(("language", "text"), [("en", attestation.ENGLISH), ("fr", attestation.FRENCH)])
def test_it_is_declared_and_sealed_in_one_go_in_the_readers_language(page, dataset, clip, language, text):
    refuse(dataset)
    where = at("dataset-seal", dataset.public_id, language=language)
    shown = page.get(where).content.decode()
    assert text.hash in shown and "1. " not in shown.partition("promise")[2].partition("</ol>")[0]
    shown = page.post(where, {"text_hash": text.hash, "agreed": "on"}, follow=True).content.decode()
    dataset.refresh_from_db()
    assert (dataset.state, dataset.attested_text) == (DatasetState.SEALED, text.hash)
    assert dataset.root in shown and "<textarea" not in shown


def test_a_seal_that_is_refused_leaves_the_declaration(page, dataset, clip, film):
    ready(dataset, film, "bare.mp4")
    form = {"text_hash": attestation.ENGLISH.hash, "agreed": "on"}
    answer = page.post(at("dataset-seal", dataset.public_id), form, follow=True)
    dataset.refresh_from_db()
    assert dataset.state == DatasetState.OPEN and dataset.attested_text
    assert "bare.mp4" in answer.content.decode()


def test_the_declaration_may_be_made_before_everything_is_there(page, dataset):
    page.post(at("dataset-attest", dataset.public_id), {"text_hash": attestation.ENGLISH.hash, "agreed": "on"})
    dataset.refresh_from_db()
    assert dataset.attested_text and dataset.state == DatasetState.OPEN


def test_withdrawing_is_asked_first(page, dataset, clip):
    where = at("dataset-withdraw", dataset.public_id)
    assert "cannot be undone" in page.get(where).content.decode()
    assert page.post(where)["Location"] == at("datasets")
    assert "You withdrew this dataset" in page.get(at("dataset", dataset.public_id)).content.decode()


def test_a_stranger_finds_nothing(carol, dataset, clip):
    client = Client()
    client.force_login(carol)
    addresses = [at(name, dataset.public_id) for name in (*NAMES, "dataset-clips")]
    addresses += [at("clip-picture", clip.public_id, "thumbnail")]
    assert {client.get(address).status_code for address in addresses} == {404}
    posts = [at(name, dataset.public_id) for name in ("dataset-seal", "dataset-attest", "dataset-withdraw", "dataset-captions")]
    posts += [at(name, clip.public_id) for name in ("clip-caption", "clip-remove")]
    assert {client.post(address).status_code for address in posts} == {404}
    assert "Night train" not in client.get(at("datasets")).content.decode()
