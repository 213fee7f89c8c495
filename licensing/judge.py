"""decide(): the only judge of whether something may be done under a licence."""

from datetime import datetime

from licensing import rules
from licensing.context import Action, BadContext, Context, Use, aware
from licensing.rules import Rule
from licensing.terms import Terms
from licensing.verdict import Code, Verdict, allow, refuse

__all__ = ["TABLE", "Action", "BadContext", "Context", "Use", "decide"]

STANDING: tuple[Rule, ...] = (rules.not_revoked, rules.not_suspended, rules.begun, rules.not_ended, rules.seat_had)
DECLARED_USE: tuple[Rule, ...] = (
    rules.use_declared,
    rules.stage_granted,
    rules.commerce_granted,
    rules.media_granted,
    rules.territories_granted,
)
SOURCES: tuple[Rule, ...] = (rules.lineage_stands, rules.base_matches, rules.titles_included, rules.titles_cleared)
WITHIN_TIER: tuple[Rule, ...] = (rules.rank_within, rules.steps_within, rules.resolution_within, rules.clips_within)
TRAINING: tuple[Rule, ...] = (
    *STANDING,
    rules.training_granted,
    *SOURCES,
    *DECLARED_USE,
    *WITHIN_TIER,
    rules.consent_settled,
    rules.allowance_suffices,
)

# Which rules an action must pass, in the order in which a person hears of them. An action without a line here could not be decided at
# all: looking it up fails, so nothing is ever allowed by omission.
TABLE: dict[Action, tuple[Rule, ...]] = {
    Action.QUOTE: TRAINING,
    Action.UPLOAD: (*STANDING, rules.training_granted, rules.clips_within),
    Action.SEAL: (*STANDING, rules.training_granted, rules.clips_within, rules.titles_cleared, rules.consent_settled),
    Action.START: TRAINING,
    # What can change while it runs. The limits cannot: terms are frozen and the job was judged against them at its start.
    Action.HEARTBEAT: (*STANDING, rules.training_granted, *SOURCES, rules.consent_settled),
    Action.PREVIEW: (*STANDING, rules.lineage_stands, rules.consent_settled),
    Action.DOWNLOAD: (*STANDING, rules.download_granted, *SOURCES, *DECLARED_USE, rules.consent_settled),
    Action.DOWNLOAD_BASE: (*STANDING, rules.base_download_granted, *SOURCES),
    Action.INVITE: (*STANDING, rules.seat_free),
}


def decide(terms: Terms, action: Action, context: Context, at: datetime) -> Verdict:
    """The first refusal of the action's rules, or OK. `at` is an aware time; the judge has no clock."""
    aware("at", at)
    for rule in TABLE[action]:
        try:
            refusal = rule(terms, context, at)
        except rules.FactMissing as missing:
            return refuse(Code.CONTEXT_INCOMPLETE, fact=str(missing))
        if refusal is not None:
            return refusal
    return allow()
