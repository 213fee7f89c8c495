"""Who can be recognised, and whether they have agreed: questions about files, answers to them, and consents that are recorded and taken
back. Answers are given while the dataset is open; a consent may be taken back at any time."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from atelier.kit import papers
from atelier.kit.refused import Refused
from atelier.licences.queries import database_now

from . import words
from .models import Asset, Consent, Dataset, Question, Source
from .states import QUESTION, AssetState, QuestionState
from .verbs import changeable, locked, note

MOST_CONSENTS = 200
# Fields of a consent as its owner gives them.
GIVEN = ("uses", "representation", "evidence", "begins_on", "ends_on", "deceased", "estate")


def ask_of_faces(asset: Asset, looked_at: int, faces_in: int) -> None:
    """Opens the question where the check saw a face. Inside the transaction that accepts the file."""
    if faces_in:
        Question.objects.create(asset=asset, source=Source.DETECTOR, looked_at=looked_at, faces_in=faces_in)


@transaction.atomic
def ask(*, asset: Asset) -> Question:
    """Its owner knows that somebody can be recognised where no face was seen: a voice, a gait, a tattoo. Asked already stays asked."""
    row = locked(asset)
    if row.state != AssetState.READY:
        raise Refused("NOT_READY", "Wait until this file has been checked.")
    question, new = Question.objects.get_or_create(asset=row, defaults={"source": Source.OWNER})
    if new:
        note(row.dataset, "material.ask", row.public_id)
    return question


@transaction.atomic
def answer_nobody(*, dataset: Dataset, questions: Iterable[Question]) -> int:
    """Nobody can be recognised in these. Returns how many were answered."""
    row, about = changeable(dataset), _of(dataset, questions)
    for question in about:
        question.consents.clear()
        QUESTION.move(question, QuestionState.NOBODY, answered_at=database_now())
    _note_answers(row, "nobody", about)
    return len(about)


@transaction.atomic
def answer_consented(*, dataset: Dataset, questions: Iterable[Question], consents: Sequence[Consent]) -> int:
    """Whoever can be recognised in these has agreed: at least one consent, each of this dataset and standing."""
    row, about = changeable(dataset), _of(dataset, questions)
    if not consents:
        raise Refused("NO_CONSENT_CHOSEN", "Choose the consent of everybody who can be recognised, or record it first.", status=422)
    now = database_now()
    for consent in consents:
        if consent.dataset_id != row.pk:
            raise Refused("CONSENT_ELSEWHERE", "A consent counts for the dataset that it was recorded for.", status=422)
        if not consent.holds_on(now.date()):
            raise Refused("CONSENT_OVER", "The consent of %(name)s does not hold today.", name=consent.performer)
    for question in about:
        question.consents.set(consents)
        QUESTION.move(question, QuestionState.CONSENTED, answered_at=now)
    _note_answers(row, "consented", about, consents=[consent.public_id for consent in consents])
    return len(about)


@transaction.atomic
def reopen(*, question: Question) -> None:
    """Takes an answer back, while the dataset is open."""
    row = changeable(question.asset.dataset)
    question.consents.clear()
    QUESTION.move(question, QuestionState.OPEN, answered_at=None)
    _note_answers(row, "open", [question])


@transaction.atomic
def record_consent(*, dataset: Dataset, performer: str, paper: tuple[str, bytes] | None = None, **given: Any) -> Consent:
    """`given`: of GIVEN. `paper`: name and bytes of the signed consent. The log tells that there is one, and not whose it is."""
    row = changeable(dataset)
    _require_whole(performer, bool(paper), given)
    if row.consents.count() >= MOST_CONSENTS:
        raise Refused("TOO_MANY_CONSENTS", "A dataset holds at most %(most)s consents.", most=MOST_CONSENTS)
    kept = papers.keep(paper[1], paper[0]) if paper else {}
    consent = Consent.objects.create(dataset=row, performer=words.shown(performer), **given, **kept)
    note(row, "material.consent", consent.public_id, dataset=row.public_id, sha256=consent.paper_sha256)
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent) -> Consent:
    """From now on nothing is trained on the dataset under it, and no model that learned from it is shown or handed over. For good."""
    row = Consent.objects.select_for_update(no_key=True).select_related("dataset").get(pk=consent.pk)
    if row.withdrawn_at is None:
        row.withdrawn_at = database_now()
        row.save(update_fields=["withdrawn_at"])
        note(row.dataset, "material.consent_withdraw", row.public_id, dataset=row.dataset.public_id)
    return row


def _require_whole(performer: str, paper: bool, given: dict[str, Any]) -> None:
    if not words.shown(performer):
        raise Refused("PERFORMER_MISSING", "Say whose consent this is.", status=422, field="performer")
    if len(given.get("uses", "").split()) < 3:
        raise Refused(
            "USES_MISSING",
            "Describe the uses that were agreed to, in a sentence. A consent that does not say to what is none.",
            status=422,
            field="uses",
        )
    if not paper and not given.get("evidence", "").strip():
        raise Refused("EVIDENCE_MISSING", "Add the signed consent, or say where it is kept.", status=422, field="evidence")
    if given.get("deceased") and not given.get("estate", "").strip():
        raise Refused("ESTATE_MISSING", "Say who holds the rights of somebody who has died.", status=422, field="estate")
    begins, ends = given.get("begins_on"), given.get("ends_on")
    if begins and ends and ends < begins:
        raise Refused("ENDS_BEFORE_IT_BEGINS", "The last day is before the first.", status=422, field="ends_on")


def _of(dataset: Dataset, questions: Iterable[Question]) -> list[Question]:
    """Those of this dataset, locked. Another's among them is the caller's mistake: the door finds only what is hers."""
    wanted = {question.pk for question in questions}
    rows = Question.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=wanted, asset__dataset=dataset)
    found = list(rows.exclude(asset__state=AssetState.REMOVED).select_related("asset").order_by("pk"))
    if len(found) != len(wanted):
        raise Refused("QUESTION_ELSEWHERE", "One of these files is no longer in this dataset. Look again.", status=409)
    return found


def _note_answers(dataset: Dataset, answer: str, questions: Sequence[Question], **detail: Any) -> None:
    if questions:
        about = [question.asset.public_id for question in questions]
        note(dataset, "material.answer", dataset.public_id, answer=answer, files=about, **detail)
