import string

import pytest

from licensing.judge import TABLE, Action
from licensing.texts import LANGUAGES, UnknownLanguage, words
from licensing.verdict import Code, Verdict, allow, refuse


def holes(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence_and_a_next_step_in_every_language(language: str) -> None:
    verdicts = words(language).verdicts
    assert set(verdicts) == set(Code)
    assert all(part.endswith(".") for pair in verdicts.values() for part in pair)


@pytest.mark.parametrize("code", Code)
def test_the_languages_say_the_same_facts(code: Code) -> None:
    assert holes(words("en").verdicts[code][0]) == holes(words("fr").verdicts[code][0])


@pytest.mark.parametrize("kind", ["stages", "media", "territories", "facts"])
def test_the_languages_name_the_same_things(kind: str) -> None:
    assert set(getattr(words("en"), kind)) == set(getattr(words("fr"), kind))


def test_a_refusal_is_said_in_words_and_not_in_codes() -> None:
    verdict = refuse(Code.MEDIUM_NOT_GRANTED, "media", media="broadcast, games")
    assert verdict.sentence == "The licence does not grant these media: broadcast and games."
    assert verdict.say("fr") == "La licence n’accorde pas ces médias\u00a0: la télévision et les jeux vidéo."
    assert verdict.next_step().startswith("Change the declared media")


def test_a_title_is_quoted_as_it_is_even_where_it_looks_like_a_template() -> None:
    assert "{0.__class__}, and so on" in refuse(Code.TITLE_EXCLUDED, titles="{0.__class__}, and so on").sentence


def test_a_refusal_is_false_and_a_permission_true() -> None:
    assert allow()
    assert not refuse(Code.REVOKED)


@pytest.mark.parametrize(("ok", "code"), [(True, Code.REVOKED), (False, Code.OK)])
def test_a_verdict_cannot_contradict_its_code(ok: bool, code: Code) -> None:
    with pytest.raises(ValueError, match="exactly when"):
        Verdict(ok=ok, code=code, sentence="")


def test_it_can_be_written_for_the_api() -> None:
    assert refuse(Code.RANK_ABOVE_TIER, "max_rank", asked=8, granted=4).to_dict("fr") == {
        "ok": False,
        "code": "RANK_ABOVE_TIER",
        "sentence": "Le rang 8 dépasse le rang 4 que la licence permet.",
        "next": "Réduisez le rang, ou choisissez une formule supérieure.",
        "clause": "max_rank",
        "params": {"asked": 8, "granted": 4},
    }


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(UnknownLanguage):
        allow().say("de")


def test_every_action_has_its_rules() -> None:
    assert set(TABLE) == set(Action)
