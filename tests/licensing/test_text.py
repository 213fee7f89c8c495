from dataclasses import fields, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from licensing.money import Money
from licensing.terms import Terms
from licensing.text import UnknownLanguage, accepted_document, licence_document, licence_text, summary, text_hash
from tests.licensing.cases import COUNTRIES, GENEROUS, IDLE, MIDDLING, PATIENT, STERN, SWIFT, terms

LANGUAGES = ("en", "fr")
languages = st.sampled_from(LANGUAGES)
EVERYWHERE = replace(GENEROUS, territories=COUNTRIES)

GOLDEN = {
    "generous": GENEROUS,
    "middling": MIDDLING,
    "stern": STERN,
    "everywhere": EVERYWHERE,
    "swift": SWIFT,
    "patient": PATIENT,
    "idle": IDLE,
}

# Licences were sold with these texts. A failure here is never answered with a new hash: the wording of a sold version stays, and a change
# of wording becomes the next version of the text.
PINNED = {
    "generous": {
        "en": "sha256:24594fef2c9185406059d559f3d4d46147344a101e57554468552132da6bc65a",
        "fr": "sha256:90c7bc5d436d3c264efca663532020aa3e5e8285401d400c61b29fbae17ca2bb",
    },
    "middling": {
        "en": "sha256:c423f491daadadfb5ca8039e6844cb2f5158c7434c51ae6eaebf519c8e7c0df8",
        "fr": "sha256:9ff68d40e9cd6c0695b89799b3e09ca1ccbfb8dec06dc7542017e49480d27c00",
    },
    "stern": {
        "en": "sha256:9bfb4530a37b0d8f548778541db9b8bd5de543b8920bc9ea3464f8a97d3c8927",
        "fr": "sha256:353171df6a8f86e18980682a9093b235154dcb31d19bb0216113ed26babefc9a",
    },
    "everywhere": {
        "en": "sha256:8b0fc586df3b1f5eb9bbc9aebbb8168dd1f215b6e5ae730bcc336f5154481a1d",
        "fr": "sha256:e7ef98d495698ad7a8bf12ed868fd8c63fb8a847ab1c863b36f7c373845c85e1",
    },
    "swift": {
        "en": "sha256:202a2deda1d93ec04aff2d234c4b2d84f94be880275e3b000e8344a268c5e328",
        "fr": "sha256:34058b41dd066b431811f7ee10bd279f150db19ab201f4a05ed9da3576284291",
    },
    "patient": {
        "en": "sha256:36bd743106d06c49b5c29dc8938bca1fba73567fa249acd0123725a0be577ba9",
        "fr": "sha256:dbf34ea9f1ab9f215bce00efb495a93b3aa64e89f8bdae2d957b6f9ea6ebaa67",
    },
    "idle": {
        "en": "sha256:b0a54ee775095a03c64f936ed9a4e2487949633a9ba23df2a990e71b5a6004fa",
        "fr": "sha256:ec1e458e965f10223f39a55bc0450568faffa4f5f86cf77386b88ec22f821ed7",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PINNED)
def test_the_text_of_known_terms_never_changes(name: str, language: str) -> None:
    assert text_hash(GOLDEN[name], language) == PINNED[name][language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_the_terms_has_its_clause(language: str) -> None:
    said = [clause.field for clause in licence_document(SWIFT, language).clauses if clause.field]
    assert sorted([*said, "version"]) == sorted(field.name for field in fields(Terms))


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_of_the_first_version_are_told_in_its_text(language: str) -> None:
    documents = licence_document(GENEROUS, language), licence_document(SWIFT, language)
    assert [document.version for document in documents] == [1, 2]
    new = {clause.field for clause in documents[1].clauses} - {clause.field for clause in documents[0].clauses}
    assert new == {"priority", "concurrent_trainings"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_clauses_are_numbered_without_a_gap(language: str) -> None:
    numbers = [clause.number for clause in licence_document(GENEROUS, language).clauses]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_languages_have_the_same_clauses_in_the_same_order() -> None:
    english, french = (licence_document(GENEROUS, language).clauses for language in LANGUAGES)
    assert [clause.field for clause in english] == [clause.field for clause in french]


@given(terms, languages)
@settings(max_examples=50)
def test_the_text_names_its_terms_and_is_the_same_each_time(value: Terms, language: str) -> None:
    text = licence_text(value, language)
    assert value.id in text
    assert value.grantor in text
    assert value.offering in text
    assert value.base_digest in text
    assert all(title in text for title in value.titles_excluded)
    assert value.credit_line is None or value.credit_line in text
    assert licence_text(Terms.from_dict(value.to_dict()), language) == text


@given(terms, languages)
@settings(max_examples=50)
def test_every_clause_is_whole_sentences_on_one_line(value: Terms, language: str) -> None:
    assume(not any("None" in name for name in (value.grantor, value.offering, value.credit_line or "", *value.titles_excluded)))
    for clause in licence_document(value, language).clauses:
        assert clause.text.endswith(".")
        assert "\n" not in clause.text
        assert "None" not in clause.text


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("stages", ("post",)),
        ("commercial", False),
        ("media", ("web",)),
        ("territories", ("FR",)),
        ("period_days", None),
        ("seats", 1),
        ("may_train", False),
        ("training_seconds", 1),
        ("max_rank", 1),
        ("max_steps", 1),
        ("max_resolution", 1),
        ("max_clips", 1),
        ("may_download", False),
        ("may_download_base", False),
        ("may_sublicense", False),
        ("may_merge", False),
        ("may_sell_outputs", False),
        ("revenue_cap", Money(1, "USD")),
        ("likeness", "none"),
        ("credit_line", "Made here"),
        ("titles_excluded", ("Dawn",)),
        ("royalty_bps", 1),
        ("priority", False),
        ("concurrent_trainings", 1),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_field_changes_its_clause(field: str, changed: object, language: str) -> None:
    other = replace(SWIFT, **{"may_sell_outputs": field != "commercial", field: changed})
    texts = [{clause.field: clause.text for clause in licence_document(value, language).clauses} for value in (SWIFT, other)]
    assert texts[0][field] != texts[1][field]


def test_money_and_numbers_stand_as_each_language_writes_them() -> None:
    assert "EUR 1,234,567.05" in licence_text(MIDDLING, "en")
    assert "12.5% of every amount" in licence_text(MIDDLING, "en")
    assert "1\u202f234\u202f567,05 EUR" in licence_text(MIDDLING, "fr")
    assert "12,5\u00a0% de toute somme" in licence_text(MIDDLING, "fr")


def test_included_time_is_said_in_hours_minutes_and_seconds() -> None:
    assert "includes 2 hours, 30 minutes and 15 seconds of training" in licence_text(GENEROUS, "en")
    assert "comprend 2 heures, 30 minutes et 15 secondes d’entraînement" in licence_text(GENEROUS, "fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_limits_of_a_training_that_is_not_granted_are_not_promised(language: str) -> None:
    clauses = {clause.field: clause.text for clause in licence_document(replace(SWIFT, may_train=False), language).clauses}
    of_training = ("training_seconds", "max_rank", "max_steps", "max_resolution", "max_clips", "priority", "concurrent_trainings")
    assert len({clauses[field] for field in of_training}) == 1


def test_the_summary_tells_what_one_may_and_may_not() -> None:
    may, may_not = summary(MIDDLING, "en")
    assert "Download your custom models" in may
    assert "Download the base model itself" in may_not
    assert "Show your outputs in: France; United Arab Emirates; United States" in may
    may, may_not = summary(MIDDLING, "fr")
    assert "Télécharger vos modèles personnalisés" in may
    assert "Télécharger le modèle de base lui-même" in may_not


@given(terms, languages)
@settings(max_examples=50)
def test_the_summary_says_nothing_twice_and_nothing_both_ways(value: Terms, language: str) -> None:
    may, may_not = summary(value, language)
    phrases = may + may_not
    assert len(phrases) == len(set(phrases))
    english_may, english_may_not = summary(value, "en")
    assert (len(may), len(may_not)) == (len(english_may), len(english_may_not))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_that_was_accepted_is_found_by_its_hash(language: str) -> None:
    found = accepted_document(MIDDLING, PINNED["middling"][language])
    assert found is not None
    assert (found.language, found.version) == (language, 1)
    assert str(found) == licence_text(MIDDLING, language)
    newer = accepted_document(PATIENT, text_hash(PATIENT, language))
    assert newer is not None
    assert (newer.language, newer.version) == (language, 2)


def test_a_hash_of_another_text_finds_nothing() -> None:
    assert accepted_document(GENEROUS, PINNED["middling"]["en"]) is None


def test_another_language_is_refused_by_name() -> None:
    for say in (licence_text, summary, text_hash):
        with pytest.raises(UnknownLanguage):
            say(GENEROUS, "de")
