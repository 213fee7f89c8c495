"""The judge's answers, before anybody asks for good: what a licence grants of each choice, and all that stands against a training."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atelier.accounts.models import User
from atelier.kit.language import tongue
from atelier.licences.models import Licence
from atelier.licences.queries import against, database_now, facts, judge
from licensing import rules
from licensing.context import Context, Use
from licensing.judge import DECLARED_USE, SOURCES, STANDING, WITHIN_TIER, Action
from licensing.rules import Rule
from licensing.terms import MEDIA, STAGES, Terms
from licensing.territories import TERRITORIES
from licensing.texts import words
from licensing.verdict import Verdict

# Every rule of a start stands in one of these, in the order in which people hear of them (tests hold them against the judge's table).
GROUPS: tuple[tuple[Promise, Promise, tuple[Rule, ...]], ...] = (
    (_("Your licence stands"), _("It is active and lets you train."), (*STANDING, rules.training_granted)),
    (_("The base is the one you licensed"), _("Its weights and the titles it learned from are those of your licence."), SOURCES),
    (_("Your use is covered"), _("Stage, media, territories and commerce are granted."), DECLARED_USE),
    (_("The settings are within the limits"), _("Steps, rank, size and number of clips."), WITHIN_TIER),
    (_("The people shown agree"), _("You declared so when you sealed the dataset."), (rules.consent_settled,)),
    (_("There is enough training time"), _("The most it can take is free in your licence."), (rules.allowance_suffices,)),
)


@dataclass(frozen=True)
class No:
    """A refusal in the reader's language: what, and what to do about it."""

    sentence: str
    do: str
    clause: str | None = None

    @classmethod
    def of(cls, verdict: Verdict) -> "No | None":
        told = against(verdict, tongue())
        return cls(*told, verdict.clause) if told else None


@dataclass(frozen=True)
class Check:
    title: Promise
    fine: Promise
    noes: list[No]


def advice(code: str) -> str:
    """What to do about a refusal of the judge; empty where the code is none of its."""
    return words(tongue()).verdicts.get(code, ("", ""))[1]


def may_train(licence: Licence, person: User | None = None) -> No | None:
    """Why nothing at all can be trained under it now, by its holder or by this person; None where it can."""
    return No.of(judge(licence, Action.UPLOAD, person, clips=0))


def may_take(licence: Licence, clips: int) -> No | None:
    return No.of(judge(licence, Action.UPLOAD, clips=clips))


def checks(licence: Licence, person: User, made_of: Iterable[UUID], **asked: Any) -> list[Check]:
    """Everything that a start by this person is judged by, each with all that stands against it."""
    context, now = replace(facts(licence, person, made_of), **asked), database_now()
    return [Check(title, fine, _noes(group, licence.terms, context, now)) for title, fine, group in GROUPS]


def too_little_time(licence: Licence, seconds: int, left: int) -> list[No]:
    return _noes((rules.allowance_suffices,), licence.terms, Context(seconds_needed=seconds, allowance_left=left), database_now())


def _noes(group: Iterable[Rule], terms: Terms, context: Context, now: datetime) -> list[No]:
    found = (verdict for rule in group if (verdict := rule(terms, context, now)) is not None)
    return [no for no in map(No.of, found) if no]


@dataclass(frozen=True)
class Grants:
    """What the terms refuse of each declaration. Codes that are no keys here are granted."""

    stages: dict[str, No]
    media: dict[str, No]
    territories: dict[str, No]
    commerce: No | None

    @classmethod
    def of(cls, terms: Terms) -> "Grants":
        now = database_now()

        def refused(rule: Rule, **change: Any) -> No | None:
            use = replace(Use(stage=STAGES[0], media=MEDIA[:1], territories=("FR",), commercial=False), **change)
            return next(iter(_noes((rule,), terms, Context(use=use), now)), None)

        stages = {code: refused(rules.stage_granted, stage=code) for code in STAGES}
        media = {code: refused(rules.media_granted, media=(code,)) for code in MEDIA}
        places = {code: refused(rules.territories_granted, territories=(code,)) for code in TERRITORIES}
        return cls(_told(stages), _told(media), _told(places), refused(rules.commerce_granted, commercial=True))


def _told(found: dict[str, No | None]) -> dict[str, No]:
    return {code: no for code, no in found.items() if no}
