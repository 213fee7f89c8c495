"""Who can be recognised: the question that a face opens, its answers, and consents that are recorded and taken back."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from PIL import Image

from atelier.accounts.belongings import ERASERS, EXPORTERS
from atelier.audit.models import Entry
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.licences.queries import database_now, judge
from atelier.material import actions, attestation, consents, sandbox
from atelier.material.models import Consent, Question
from atelier.material.probe import faces
from atelier.material.queries import consent_of, tally
from atelier.material.states import AssetState
from licensing.judge import Action
from tests.world import World, run_outbox

from . import clips
from .conftest import ready

pytestmark = pytest.mark.django_db
USES = "Her face in the teaser of Night train, nowhere else."
GIVEN: dict[str, Any] = {"performer": "Ada Example", "uses": USES, "representation": "union", "evidence": "In the binder, page 4."}
PAPER = ("signed.pdf", b"%PDF-1.4 signed")


def refused(verb: Any, **arguments: Any) -> str:
    with pytest.raises(Refused) as caught:
        verb(**arguments)
    return caught.value.code


def asked(dataset: Any, film: bytes, name: str = "clip.mp4") -> Question:
    return consents.ask(asset=ready(dataset, film, name, caption="somebody walks"))


def sealed(dataset: Any) -> Any:
    actions.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
    actions.seal(dataset=dataset)
    dataset.refresh_from_db()
    return dataset


def test_the_detector_sees_a_face_and_none_where_there_is_none(tmp_path: Path) -> None:
    seen = faces.looker()
    assert seen(clips.face())
    assert seen(clips.face(160))
    assert not seen(Image.linear_gradient("L").resize((160, 96)).convert("RGB"))
    assert not seen(Image.new("RGB", (24, 300), "grey"))


def test_the_child_looks_for_faces_in_films_and_stills(tmp_path: Path) -> None:
    found = {}
    files = clips.film_of(tmp_path / "a.mp4", clips.face(128)), clips.film(tmp_path / "b.mp4"), tmp_path / "c.png"
    clips.face(128).save(files[2])
    for file in files:
        folder = tmp_path / file.stem
        folder.mkdir()
        facts = sandbox.probe(file, folder)
        found[file.name] = (facts.faces_in, facts.looked_at)
    assert found == {"a.mp4": (8, 8), "b.mp4": (0, 8), "c.png": (1, 1)}


def test_a_face_in_an_uploaded_clip_opens_a_question_and_nothing_is_sealed_until_it_is_answered(
    dataset: Any, bring: Any, tmp_path: Path, film: bytes
) -> None:
    shown = bring(clips.film_of(tmp_path / "a.mp4", clips.face(128)), "ada.mp4", caption="somebody looks")
    bring(film, "bar.mp4", caption="a bar moves")
    assert [(row.asset, row.source, row.state) for row in Question.objects.all()] == [(shown, "detector", "open")]
    assert tally(dataset).asked == 1
    actions.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
    with pytest.raises(Refused) as caught:
        actions.seal(dataset=dataset)
    assert (caught.value.code, caught.value.extra["names"]) == ("QUESTIONS_OPEN", ["ada.mp4"])
    consents.answer_nobody(dataset=dataset, questions=[shown.question])
    assert actions.seal(dataset=dataset).dataset.root


def test_a_removed_file_asks_nothing_any_more(dataset: Any, film: bytes) -> None:
    question = asked(dataset, film)
    ready(dataset, film, "other.mp4", caption="a bar moves")
    actions.remove(asset=question.asset)
    assert consent_of(sealed(dataset)) == "not_needed"


def test_consent_is_the_worst_over_everybody(dataset: Any, film: bytes) -> None:
    first, second = asked(dataset, film, "one.mp4"), asked(dataset, film, "two.mp4")
    assert consent_of(dataset) == "missing"
    consents.answer_nobody(dataset=dataset, questions=[first])
    assert consent_of(dataset) == "missing"
    ada = consents.record_consent(dataset=dataset, **GIVEN)
    consents.answer_consented(dataset=dataset, questions=[second], consents=[ada])
    assert consent_of(dataset) == "given"
    ben = consents.record_consent(dataset=dataset, **GIVEN | {"performer": "Ben Example"})
    consents.answer_consented(dataset=dataset, questions=[first], consents=[ada, ben])
    consents.withdraw_consent(consent=ben)
    assert consent_of(dataset) == "withdrawn"


def test_a_consent_outside_its_dates_is_missing_and_is_not_taken_as_an_answer(dataset: Any, film: bytes) -> None:
    question, yesterday = asked(dataset, film), database_now().date() - timedelta(days=1)
    consent = consents.record_consent(dataset=dataset, **GIVEN, ends_on=database_now().date() + timedelta(days=1))
    consents.answer_consented(dataset=dataset, questions=[question], consents=[consent])
    Consent.objects.filter(pk=consent.pk).update(ends_on=yesterday)
    assert consent_of(dataset) == "missing"
    over = consents.record_consent(dataset=dataset, **GIVEN, ends_on=yesterday)
    assert refused(consents.answer_consented, dataset=dataset, questions=[question], consents=[over]) == "CONSENT_OVER"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"performer": " \u202e"}, "PERFORMER_MISSING"),
        ({"uses": "anything"}, "USES_MISSING"),
        ({"evidence": " "}, "EVIDENCE_MISSING"),
        ({"deceased": True}, "ESTATE_MISSING"),
        ({"begins_on": date(2026, 2, 2), "ends_on": date(2026, 2, 1)}, "ENDS_BEFORE_IT_BEGINS"),
        ({"paper": ("a.pdf", b"MZ no pdf")}, "paper_kind"),
        ({"paper": ("a.pdf", b"")}, "paper_size"),
    ],
)
def test_a_consent_that_would_not_hold_is_refused(dataset: Any, change: dict[str, Any], code: str) -> None:
    assert refused(consents.record_consent, dataset=dataset, **GIVEN | change) == code
    assert not dataset.consents.exists()


def test_the_signed_paper_is_kept_and_the_log_does_not_name_her(dataset: Any) -> None:
    consent = consents.record_consent(dataset=dataset, **GIVEN, paper=PAPER)
    assert store.get_bytes(store.MATERIAL, consent.paper_key) == PAPER[1]
    told = str(Entry.objects.filter(subject=consent.public_id).values().get())
    assert consent.paper_sha256 in told and "Ada" not in told and USES not in told


def test_a_consent_of_another_dataset_answers_nothing_here(dataset: Any, bob: Any, film: bytes) -> None:
    elsewhere = actions.open_dataset(owner=bob, name="Another")
    consent, question = consents.record_consent(dataset=elsewhere, **GIVEN), asked(dataset, film)
    assert refused(consents.answer_consented, dataset=dataset, questions=[question], consents=[consent]) == "CONSENT_ELSEWHERE"
    assert refused(consents.answer_consented, dataset=dataset, questions=[question], consents=[]) == "NO_CONSENT_CHOSEN"
    assert refused(consents.answer_nobody, dataset=elsewhere, questions=[question]) == "QUESTION_ELSEWHERE"


def test_an_answer_can_be_taken_back_until_it_is_sealed(dataset: Any, film: bytes) -> None:
    question = asked(dataset, film)
    consents.answer_nobody(dataset=dataset, questions=[question])
    question.refresh_from_db()
    consents.reopen(question=question)
    assert consent_of(dataset) == "missing"
    consents.answer_nobody(dataset=dataset, questions=[question])
    sealed(dataset)
    assert refused(consents.reopen, question=question) == "DATASET_CLOSED"
    with pytest.raises(DatabaseError, match="not open"), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(state="open", answered_at=None)


def test_a_consent_taken_back_after_sealing_stops_everything_that_stands_on_the_dataset(world: World, dataset: Any, film: bytes) -> None:
    question = asked(dataset, film)
    consent = consents.record_consent(dataset=dataset, **GIVEN)
    consents.answer_consented(dataset=dataset, questions=[question], consents=[consent])
    sealed(dataset)
    licence, generous = world.licence(), world.licence(likeness="consented")
    assert judge(licence, Action.PREVIEW, made_of=[dataset.pk]).code == "LIKENESS_NOT_GRANTED"
    assert judge(generous, Action.HEARTBEAT, made_of=[dataset.pk]).ok
    consents.withdraw_consent(consent=consent)
    for action in (Action.HEARTBEAT, Action.PREVIEW):
        assert judge(generous, action, made_of=[dataset.pk]).code == "CONSENT_WITHDRAWN"


def test_withdrawing_twice_changes_nothing_more(dataset: Any) -> None:
    consent = consents.record_consent(dataset=dataset, **GIVEN)
    first = consents.withdraw_consent(consent=consent).withdrawn_at
    assert consents.withdraw_consent(consent=consent).withdrawn_at == first


def test_a_question_waits_for_the_check(dataset: Any, film: bytes) -> None:
    from .conftest import add

    asset = add(dataset, film)
    assert asset.state == AssetState.UPLOADING
    assert refused(consents.ask, asset=asset) == "NOT_READY"


def test_an_export_tells_of_consents_and_a_closed_account_keeps_no_name(bob: Any, dataset: Any, film: bytes) -> None:
    question = asked(dataset, film)
    consent = consents.record_consent(dataset=dataset, **GIVEN, paper=PAPER)
    consents.answer_consented(dataset=dataset, questions=[question], consents=[consent])
    [told] = EXPORTERS["consents"](bob)
    assert (told["performer"], told["uses"], told["answers"]) == ("Ada Example", USES, ["clip.mp4"])
    for erase in ERASERS:
        if erase.__module__ == "atelier.material.belongings":
            erase(bob)
    run_outbox()
    consent.refresh_from_db()
    assert "Ada" not in str(vars(consent)) and consent.withdrawn_at
    with pytest.raises(Refused, match="object_missing"):
        store.size(store.MATERIAL, consent.paper_key)
