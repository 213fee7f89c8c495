from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from licensing.judge import Action, BadContext, Context, Use, decide
from licensing.terms import Terms
from licensing.verdict import Code
from tests.licensing.cases import ALLOWED, BASE, COUNTRIES, GENEROUS, NOW, STERN, contexts, nearly, terms

actions = st.sampled_from(Action)
TERMS_FIELDS = [
    "base_digest", "stages", "media", "territories", "period_days", "seats", "may_train", "max_rank", "max_steps", "max_resolution",
    "max_clips", "may_download", "may_download_base", "likeness", "titles_excluded",
]  # fmt: skip
CONTEXT_FIELDS = [field.name for field in fields(Context)]
some_terms = st.one_of(terms, nearly(GENEROUS, terms, TERMS_FIELDS))
some_contexts = st.one_of(contexts, nearly(ALLOWED, contexts, CONTEXT_FIELDS))


def use(**changes: Any) -> Context:
    return replace(ALLOWED, use=replace(ALLOWED.use, **changes))


@pytest.mark.parametrize("action", Action)
def test_it_allows_what_the_terms_grant(action: Action) -> None:
    verdict = decide(GENEROUS, action, ALLOWED, NOW)
    assert (verdict.ok, verdict.code, verdict.clause) == (True, Code.OK, None)


def without(**changes: Any) -> Terms:
    return replace(GENEROUS, **changes)


def facts(**changes: Any) -> Context:
    return replace(ALLOWED, **changes)


REFUSALS = [
    (Code.NOT_YET_VALID, Action.START, GENEROUS, facts(granted_at=NOW + timedelta(seconds=1)), None),
    (Code.EXPIRED, Action.START, GENEROUS, facts(expires_at=NOW), "period_days"),
    (Code.EXPIRED, Action.START, GENEROUS, facts(expires_at=None, granted_at=NOW - timedelta(days=365)), "period_days"),
    (Code.SUSPENDED, Action.START, GENEROUS, facts(licence_state="suspended"), None),
    (Code.REVOKED, Action.START, GENEROUS, facts(licence_state="revoked"), None),
    (Code.SEATS_TAKEN, Action.INVITE, GENEROUS, facts(seats_taken=5), "seats"),
    (Code.NO_SEAT, Action.HEARTBEAT, GENEROUS, facts(seated=False), "seats"),
    (Code.ALLOWANCE_SPENT, Action.QUOTE, GENEROUS, facts(seconds_needed=601), "training_seconds"),
    (Code.STAGE_NOT_GRANTED, Action.QUOTE, without(stages=("post",)), ALLOWED, "stages"),
    (Code.STAGE_NOT_GRANTED, Action.QUOTE, GENEROUS, use(stage="wedding"), "stages"),
    (Code.MEDIUM_NOT_GRANTED, Action.DOWNLOAD, without(media=("games",)), ALLOWED, "media"),
    (Code.TERRITORY_NOT_GRANTED, Action.QUOTE, without(territories=("DE",)), ALLOWED, "territories"),
    (Code.TERRITORY_NOT_GRANTED, Action.QUOTE, without(territories=COUNTRIES), use(territories=("WORLD",)), "territories"),
    (Code.TERRITORY_NOT_GRANTED, Action.QUOTE, GENEROUS, use(territories=("XX",)), "territories"),
    (Code.COMMERCIAL_NOT_GRANTED, Action.START, without(commercial=False, may_sell_outputs=False), ALLOWED, "commercial"),
    (Code.TIER_FORBIDS_TRAINING, Action.UPLOAD, without(may_train=False), ALLOWED, "may_train"),
    (Code.TIER_FORBIDS_DOWNLOAD, Action.DOWNLOAD, without(may_download=False), ALLOWED, "may_download"),
    (Code.TIER_FORBIDS_BASE_DOWNLOAD, Action.DOWNLOAD_BASE, without(may_download_base=False), ALLOWED, "may_download_base"),
    (Code.RANK_ABOVE_TIER, Action.START, GENEROUS, facts(rank=65), "max_rank"),
    (Code.STEPS_ABOVE_TIER, Action.START, GENEROUS, facts(steps=4_001), "max_steps"),
    (Code.RESOLUTION_ABOVE_TIER, Action.START, GENEROUS, facts(resolution=1_281), "max_resolution"),
    (Code.TOO_MANY_CLIPS, Action.UPLOAD, GENEROUS, facts(clips=201), "max_clips"),
    (Code.LIKENESS_NOT_GRANTED, Action.SEAL, without(likeness="none"), ALLOWED, "likeness"),
    (Code.CONSENT_MISSING, Action.SEAL, GENEROUS, facts(consent="missing"), "likeness"),
    (Code.CONSENT_WITHDRAWN, Action.HEARTBEAT, GENEROUS, facts(consent="withdrawn"), "likeness"),
    (Code.TITLE_EXCLUDED, Action.DOWNLOAD_BASE, without(titles_excluded=("Dawn", "A FIRST FILM")), ALLOWED, "titles_excluded"),
    (Code.TITLE_NOT_CLEARED, Action.HEARTBEAT, GENEROUS, facts(uncleared=("“Dawn” (a.mp4)",)), None),
    (Code.LINEAGE_WITHDRAWN, Action.PREVIEW, GENEROUS, facts(lineage_withdrawn=True), None),
    (Code.USE_NOT_DECLARED, Action.QUOTE, GENEROUS, facts(use=None), None),
    (Code.USE_NOT_DECLARED, Action.QUOTE, GENEROUS, use(media=()), None),
    (Code.USE_NOT_DECLARED, Action.DOWNLOAD, GENEROUS, use(territories=()), None),
    (Code.BASE_MISMATCH, Action.START, GENEROUS, facts(base_digest="sha256:" + "0" * 64), "base_digest"),
    (Code.CONTEXT_INCOMPLETE, Action.START, GENEROUS, facts(rank=None), None),
]


@pytest.mark.parametrize(
    ("code", "action", "granted", "context", "clause"), REFUSALS, ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_it_refuses_and_names_the_clause(code: Code, action: Action, granted: Terms, context: Context, clause: str | None) -> None:
    verdict = decide(granted, action, context, NOW)
    assert (verdict.ok, verdict.code, verdict.clause) == (False, code, clause)
    assert verdict.sentence
    assert "{" not in verdict.sentence + verdict.say("fr")
    assert clause is None or clause in GENEROUS.to_dict()


def test_every_code_has_been_reached() -> None:
    assert {refusal[0] for refusal in REFUSALS} | {Code.OK} == set(Code)


EVERY = set(Action)
TRAINS = {Action.QUOTE, Action.START}
TRAINING = TRAINS | {Action.UPLOAD, Action.SEAL, Action.HEARTBEAT}
USES = TRAINS | {Action.DOWNLOAD}
TAKES = {Action.DOWNLOAD, Action.DOWNLOAD_BASE}
STANDS_ON_SOURCES = TRAINS | TAKES | {Action.HEARTBEAT}
SHOWS_MATERIAL = TRAINS | {Action.SEAL, Action.HEARTBEAT, Action.PREVIEW, Action.DOWNLOAD}
CONCERNED = {
    Code.NOT_YET_VALID: EVERY,
    Code.EXPIRED: EVERY,
    Code.SUSPENDED: EVERY,
    Code.REVOKED: EVERY,
    Code.SEATS_TAKEN: {Action.INVITE},
    Code.NO_SEAT: EVERY,
    Code.ALLOWANCE_SPENT: TRAINS,
    Code.STAGE_NOT_GRANTED: USES,
    Code.MEDIUM_NOT_GRANTED: USES,
    Code.TERRITORY_NOT_GRANTED: USES,
    Code.COMMERCIAL_NOT_GRANTED: USES,
    Code.TIER_FORBIDS_TRAINING: TRAINING,
    Code.TIER_FORBIDS_DOWNLOAD: {Action.DOWNLOAD},
    Code.TIER_FORBIDS_BASE_DOWNLOAD: {Action.DOWNLOAD_BASE},
    Code.RANK_ABOVE_TIER: TRAINS,
    Code.STEPS_ABOVE_TIER: TRAINS,
    Code.RESOLUTION_ABOVE_TIER: TRAINS,
    Code.TOO_MANY_CLIPS: TRAINS | {Action.UPLOAD, Action.SEAL},
    Code.LIKENESS_NOT_GRANTED: SHOWS_MATERIAL,
    Code.CONSENT_MISSING: SHOWS_MATERIAL,
    Code.CONSENT_WITHDRAWN: SHOWS_MATERIAL,
    Code.TITLE_EXCLUDED: STANDS_ON_SOURCES,
    Code.TITLE_NOT_CLEARED: STANDS_ON_SOURCES | {Action.SEAL},
    Code.LINEAGE_WITHDRAWN: STANDS_ON_SOURCES | {Action.PREVIEW},
    Code.USE_NOT_DECLARED: USES,
    Code.BASE_MISMATCH: STANDS_ON_SOURCES,
    Code.CONTEXT_INCOMPLETE: TRAINS,
}


@pytest.mark.parametrize(("code", "action", "granted", "context", "clause"), REFUSALS, ids=[refusal[0] for refusal in REFUSALS])
def test_a_refusal_meets_exactly_the_actions_it_concerns(
    code: Code, action: Action, granted: Terms, context: Context, clause: str | None
) -> None:
    verdicts = {each: decide(granted, each, context, NOW) for each in Action}
    assert {each for each, verdict in verdicts.items() if not verdict} == CONCERNED[code]
    assert {verdict.code for verdict in verdicts.values() if not verdict} == {code}


def test_the_holder_needs_no_seat_and_nobody_else_goes_without() -> None:
    holder = facts(actor="holder", seated=None)
    assert decide(GENEROUS, Action.START, holder, NOW)
    unknown = decide(GENEROUS, Action.START, facts(seated=None), NOW)
    assert (unknown.code, unknown.params["fact"]) == (Code.CONTEXT_INCOMPLETE, "seated")


def test_what_reaches_a_limit_exactly_is_within_it() -> None:
    context = facts(rank=64, steps=4_000, resolution=1_280, clips=200, granted_at=NOW)
    assert decide(GENEROUS, Action.START, context, NOW).ok


@pytest.mark.parametrize("name", ["licensee", "actor"])
@pytest.mark.parametrize("action", Action)
def test_nobody_is_allowed_anything_namelessly(action: Action, name: str) -> None:
    verdict = decide(GENEROUS, action, facts(**{name: None}), NOW)
    assert (verdict.code, verdict.params) == (Code.CONTEXT_INCOMPLETE, {"fact": name})


def test_a_refusal_says_what_was_asked_and_what_is_granted() -> None:
    verdict = decide(GENEROUS, Action.START, facts(rank=65), NOW)
    assert verdict.sentence == "Rank 65 is above the 64 that the licence allows."
    assert verdict.params == {"asked": 65, "granted": 64}


def test_an_excluded_title_is_found_in_any_spelling_of_unicode_and_case() -> None:
    context = facts(titles=("e\u0301te\u0301",))
    assert decide(without(titles_excluded=("\u00c9T\u00c9",)), Action.START, context, NOW).code == Code.TITLE_EXCLUDED


def test_the_world_holds_every_country_and_itself() -> None:
    assert decide(GENEROUS, Action.QUOTE, use(territories=(*COUNTRIES, "WORLD")), NOW).ok


def test_a_licence_without_end_does_not_expire_by_itself() -> None:
    context = facts(expires_at=None)
    assert decide(without(period_days=None), Action.START, context, NOW + timedelta(days=30_000)).ok
    assert decide(without(period_days=None), Action.START, ALLOWED, NOW + timedelta(days=1)).code == Code.EXPIRED


def test_a_renewal_moves_the_end_beyond_the_first_period() -> None:
    renewed = facts(granted_at=NOW - timedelta(days=400), expires_at=NOW + timedelta(days=330))
    assert decide(GENEROUS, Action.START, renewed, NOW).ok


def test_the_last_seat_and_the_last_second_may_be_used() -> None:
    assert decide(GENEROUS, Action.INVITE, facts(seats_taken=4), NOW).ok
    assert decide(GENEROUS, Action.START, facts(allowance_left=600, seconds_needed=600), NOW).ok


def test_non_commercial_use_needs_no_commercial_grant() -> None:
    assert decide(without(commercial=False, may_sell_outputs=False), Action.START, use(commercial=False), NOW).ok


def test_material_without_people_needs_no_consent() -> None:
    assert decide(without(likeness="none"), Action.SEAL, facts(consent="not_needed"), NOW).ok


@pytest.mark.parametrize("action", Action)
def test_terms_that_grant_nothing_allow_nothing_but_looking(action: Action) -> None:
    verdict = decide(STERN, action, facts(consent="not_needed"), NOW)
    assert verdict.ok is (action is Action.PREVIEW)


@given(some_terms, actions, some_contexts)
@example(GENEROUS, Action.INVITE, ALLOWED)
def test_nothing_is_allowed_under_a_licence_that_does_not_stand(granted: Terms, action: Action, context: Context) -> None:
    assert decide(granted, action, replace(context, licence_state="revoked"), NOW).code == Code.REVOKED
    assert decide(granted, action, replace(context, licence_state="suspended"), NOW).code == Code.SUSPENDED
    running = replace(context, licence_state="active", granted_at=NOW - timedelta(days=9))
    assert decide(granted, action, replace(running, expires_at=NOW), NOW).code == Code.EXPIRED
    assert not decide(granted, action, replace(context, licence_state=None), NOW)
    assert not decide(granted, action, replace(context, granted_at=NOW + timedelta(seconds=1)), NOW)


@given(actions, st.sampled_from([name for name in CONTEXT_FIELDS if name != "expires_at"]))
def test_a_fact_that_an_action_needs_is_never_assumed(action: Action, name: str) -> None:
    """Where forgetting a fact changes nothing, no value of it may matter either."""
    if decide(GENEROUS, action, replace(ALLOWED, **{name: None}), NOW).ok:
        worst = {"licence_state": "revoked", "consent": "withdrawn", "lineage_withdrawn": True, "base_digest": "other", "titles": ("Dawn",),
                 "uncleared": ("Dawn",),
                 "seats_taken": 10**6, "allowance_left": 0, "seconds_needed": 10**6, "rank": 10**6, "steps": 10**6, "resolution": 10**6,
                 "clips": 10**6, "use": Use("wedding", (), (), True)}[name]  # fmt: skip
        granted = replace(GENEROUS, titles_excluded=("Dawn",))
        assert decide(granted, action, replace(ALLOWED, **{name: worst}), NOW).ok


@given(some_terms, actions, some_contexts, st.data())
def test_taking_a_grant_away_never_turns_a_no_into_a_yes(granted: Terms, action: Action, context: Context, data: st.DataObject) -> None:
    less = data.draw(reductions(granted))
    if decide(less, action, context, NOW):
        assert decide(granted, action, context, NOW)


@given(some_terms, actions, some_contexts)
def test_every_verdict_can_be_said(granted: Terms, action: Action, context: Context) -> None:
    verdict = decide(granted, action, context, NOW)
    for language in ("en", "fr"):
        assert verdict.to_dict(language)["sentence"].endswith(".")
    assert verdict == decide(granted, action, context, NOW)


def reductions(granted: Terms) -> st.SearchStrategy[Terms]:
    """The same terms with one grant less."""

    def part_of(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
        return st.lists(st.sampled_from(values), unique=True).map(tuple) if values else st.just(())

    narrower = {name: part_of(getattr(granted, name)) for name in ("stages", "media")}
    narrower["territories"] = part_of(("FR", "DE") if "WORLD" in granted.territories else granted.territories)
    fewer = {name: st.integers(0, getattr(granted, name)) for name in ("max_rank", "max_steps", "max_resolution", "max_clips")}
    fewer["seats"] = st.integers(1, granted.seats)
    fewer["period_days"] = st.integers(1, granted.period_days or 5)
    flags = {name: st.just(False) for name in ("may_train", "may_download", "may_download_base", "may_sublicense", "may_merge")}
    pieces: dict[str, st.SearchStrategy[Any]] = narrower | fewer | flags
    pieces["likeness"] = st.just("none")
    pieces["titles_excluded"] = st.just((*granted.titles_excluded, "A First Film"))
    one = st.sampled_from(sorted(pieces)).flatmap(lambda name: pieces[name].map(lambda value: replace(granted, **{name: value})))
    return one | st.just(replace(granted, commercial=False, may_sell_outputs=False))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("licence_state", "aktiv"),
        ("granted_at", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("expires_at", "2026-01-01"),
        ("licensee", ""),
        ("rank", -1),
        ("rank", True),
        ("clips", 2.0),
        ("titles", "Dawn"),
        ("consent", "maybe"),
        ("lineage_withdrawn", 0),
        ("use", "production"),
    ],
)
def test_facts_that_can_only_be_a_mistake_of_the_caller_are_no_facts(name: str, value: object) -> None:
    with pytest.raises(BadContext, match=name):
        replace(ALLOWED, **{name: value})


@pytest.mark.parametrize("changes", [{"media": "web"}, {"territories": None}, {"stage": ""}, {"commercial": None}])
def test_a_use_is_typed_too(changes: dict[str, Any]) -> None:
    with pytest.raises(BadContext):
        use(**changes)


def test_the_judge_wants_a_time_with_its_zone() -> None:
    with pytest.raises(BadContext, match="at must"):
        decide(GENEROUS, Action.START, ALLOWED, datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_base_of_the_cases_is_the_one_licensed() -> None:
    assert GENEROUS.base_digest == BASE
