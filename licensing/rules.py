"""The rules themselves: each looks at one thing and answers with a refusal, or with None when it has nothing against it.

A rule's docstring is its line in the printed table.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from licensing.context import Context, Use, same_name
from licensing.terms import Terms
from licensing.territories import TERRITORIES, WORLD
from licensing.verdict import Code, Verdict, refuse

T = TypeVar("T")
Rule = Callable[[Terms, Context, datetime], Verdict | None]


class FactMissing(Exception):
    """A rule needs a fact that the context does not hold."""


def need(fact: str, value: T | None) -> T:
    if value is None:
        raise FactMissing(fact)
    return value


def seat_had(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """who is asking holds the licence, or has one of its seats"""
    if need("actor", context.actor) == need("licensee", context.licensee) or need("seated", context.seated):
        return None
    return refuse(Code.NO_SEAT, "seats")


def not_revoked(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the licence has not been revoked"""
    return refuse(Code.REVOKED) if need("licence_state", context.licence_state) == "revoked" else None


def not_suspended(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the licence is not suspended"""
    return refuse(Code.SUSPENDED) if need("licence_state", context.licence_state) == "suspended" else None


def begun(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the licence has begun"""
    granted_at = need("granted_at", context.granted_at)
    return refuse(Code.NOT_YET_VALID, begins_at=_written(granted_at)) if at < granted_at else None


def not_ended(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the licence has not ended (a licence is over at the very second of its end)"""
    end = context.expires_at
    if end is None and terms.period_days is not None:
        end = need("granted_at", context.granted_at) + timedelta(days=terms.period_days)
    return refuse(Code.EXPIRED, "period_days", ended_at=_written(end)) if end is not None and at >= end else None


def lineage_stands(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """nothing that it was made from has been withdrawn"""
    return refuse(Code.LINEAGE_WITHDRAWN) if need("lineage_withdrawn", context.lineage_withdrawn) else None


def base_matches(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the base model is the one licensed"""
    return refuse(Code.BASE_MISMATCH, "base_digest") if need("base_digest", context.base_digest) != terms.base_digest else None


def training_granted(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the terms grant training"""
    return None if terms.may_train else refuse(Code.TIER_FORBIDS_TRAINING, "may_train")


def download_granted(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the terms grant the download of custom models"""
    return None if terms.may_download else refuse(Code.TIER_FORBIDS_DOWNLOAD, "may_download")


def base_download_granted(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the terms grant the download of the base model"""
    return None if terms.may_download_base else refuse(Code.TIER_FORBIDS_BASE_DOWNLOAD, "may_download_base")


def use_declared(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the project has declared its use"""
    return None if context.use and context.use.media and context.use.territories else refuse(Code.USE_NOT_DECLARED)


def stage_granted(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the terms grant the declared stage"""
    stage = _use(context).stage
    return None if stage in terms.stages else refuse(Code.STAGE_NOT_GRANTED, "stages", stage=stage)


def commerce_granted(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the terms grant commercial use, if that is declared"""
    return refuse(Code.COMMERCIAL_NOT_GRANTED, "commercial") if _use(context).commercial and not terms.commercial else None


def media_granted(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the terms grant every declared medium"""
    beyond = [medium for medium in _use(context).media if medium not in terms.media]
    return refuse(Code.MEDIUM_NOT_GRANTED, "media", media=", ".join(beyond)) if beyond else None


def territories_granted(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the terms grant every declared territory"""
    granted = TERRITORIES if WORLD in terms.territories else terms.territories
    beyond = [territory for territory in _use(context).territories if territory not in granted]
    return refuse(Code.TERRITORY_NOT_GRANTED, "territories", territories=", ".join(beyond)) if beyond else None


def titles_included(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the base model learned from no title that the terms exclude"""
    excluded = {same_name(title) for title in terms.titles_excluded}
    found = [title for title in need("titles", context.titles) if same_name(title) in excluded]
    return refuse(Code.TITLE_EXCLUDED, "titles_excluded", titles=", ".join(found)) if found else None


def titles_cleared(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the rights in every title that the material is of are cleared"""
    found = need("uncleared", context.uncleared)
    return refuse(Code.TITLE_NOT_CLEARED, titles=", ".join(found)) if found else None


def consent_settled(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """everybody recognisable in the material has consented, and the terms allow likenesses at all"""
    consent = need("consent", context.consent)
    if consent == "withdrawn":
        return refuse(Code.CONSENT_WITHDRAWN, "likeness")
    if consent == "missing":
        return refuse(Code.CONSENT_MISSING, "likeness")
    if consent == "given" and terms.likeness == "none":
        return refuse(Code.LIKENESS_NOT_GRANTED, "likeness")
    return None


def rank_within(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the rank is within the terms"""
    return _within(Code.RANK_ABOVE_TIER, "max_rank", need("rank", context.rank), terms.max_rank)


def steps_within(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the steps are within the terms"""
    return _within(Code.STEPS_ABOVE_TIER, "max_steps", need("steps", context.steps), terms.max_steps)


def resolution_within(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the resolution is within the terms"""
    return _within(Code.RESOLUTION_ABOVE_TIER, "max_resolution", need("resolution", context.resolution), terms.max_resolution)


def clips_within(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """the clips are within the terms"""
    return _within(Code.TOO_MANY_CLIPS, "max_clips", need("clips", context.clips), terms.max_clips)


def allowance_suffices(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """enough training time is left"""
    needed, left = need("seconds_needed", context.seconds_needed), need("allowance_left", context.allowance_left)
    return refuse(Code.ALLOWANCE_SPENT, "training_seconds", needed=needed, left=left) if needed > left else None


def seat_free(terms: Terms, context: Context, at: datetime) -> Verdict | None:
    """a seat is free for one more person"""
    taken = need("seats_taken", context.seats_taken)
    return refuse(Code.SEATS_TAKEN, "seats", taken=taken, granted=terms.seats) if taken >= terms.seats else None


def _use(context: Context) -> Use:
    return need("use", context.use)


def _within(code: Code, clause: str, asked: int, granted: int) -> Verdict | None:
    return refuse(code, clause, asked=asked, granted=granted) if asked > granted else None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
