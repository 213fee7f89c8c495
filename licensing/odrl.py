"""The terms as an ODRL 2.2 policy in JSON-LD (W3C Recommendations odrl-model and odrl-vocab, 15 February 2018).

What the ODRL vocabulary has no word for is named in a profile of our own, whose IRI the caller gives and at which `profile()` is to be
served. ODRL prohibits whatever is not permitted; what these terms withhold is written down as a prohibition all the same.

The royalty and the training time included are reckoned between buyer, seller and studio; they neither permit nor forbid anything and are
not in the policy. The policy names the terms' id, which holds them.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from licensing.context import aware
from licensing.terms import Terms
from licensing.territories import WORLD

CONTEXT = ["http://www.w3.org/ns/odrl.jsonld", {"dct": "http://purl.org/dc/terms/"}]
COMMERCIAL_USE = "http://creativecommons.org/ns#CommercialUse"
CURRENCY_UNITS = {"EUR": "http://dbpedia.org/resource/Euro", "USD": "http://dbpedia.org/resource/United_States_dollar"}
Json = dict[str, Any]

# name -> (the ODRL action it is a kind of, what it means)
ACTIONS = {
    "train": ("derive", "To train an adapter from the asset."),
    "merge": ("derive", "To merge the asset into another model."),
    "waitAhead": ("use", "To have trainings wait in the service's priority lane."),
}
LEFT_OPERANDS = {
    "stage": "The stage of a film production: pre_production, production, post or release.",
    "seats": "How many people use the asset under the policy.",
    "rank": "The rank of the adapter that is trained.",
    "steps": "The optimiser steps of one training.",
    "longestEdge": "The longest edge in pixels at which a training works.",
    "clips": "The clips in the dataset of a training.",
    "revenue": "The assignee's revenue over the last twelve months, with the companies under the same control.",
    "learnedFrom": "The titles that the asset learned from.",
    "recognisablePeople": "Which people may be recognisable in the material and in what is made from it: none, or consented.",
    "concurrentTrainings": "How many trainings under the policy are at work at the same time.",
    "creditLine": "The words of an attribution.",
}


@dataclass(frozen=True)
class Parties:
    """IRIs of the policy, of who grants, of who receives (none in an offer), and of the profile."""

    policy: str
    assigner: str
    profile: str
    assignee: str | None = None


def offer(terms: Terms, parties: Parties) -> Json:
    """What anybody may agree to. A period counts from the agreement."""
    if parties.assignee is not None:
        raise ValueError("An offer is made to nobody in particular; with an assignee it is an agreement.")
    time = [] if terms.period_days is None else [_constraint("elapsedTime", "lteq", _typed(f"P{terms.period_days}D", "duration"))]
    return _policy("Offer", terms, parties, time)


def agreement(terms: Terms, parties: Parties, begins_at: datetime, ends_at: datetime | None) -> Json:
    """A licence that was granted. `ends_at` is its real end, renewals included; None where it has none."""
    if parties.assignee is None:
        raise ValueError("An agreement needs an assignee.")
    time = [_constraint("dateTime", "gteq", _moment(begins_at))]
    if ends_at is not None:
        time.append(_constraint("dateTime", "lt", _moment(ends_at)))
    return _policy("Agreement", terms, parties, time)


def profile(iri: str) -> Json:
    """The profile document: every term of ours, each a kind of something that ODRL knows."""
    actions = [
        {"@id": _own(iri, name), "@type": "odrl:Action", "odrl:includedIn": {"@id": f"odrl:{parent}"}, "skos:definition": meaning}
        for name, (parent, meaning) in ACTIONS.items()
    ]
    operands = [
        {"@id": _own(iri, name), "@type": "odrl:LeftOperand", "skos:definition": meaning} for name, meaning in LEFT_OPERANDS.items()
    ]
    prefixes = {"odrl": "http://www.w3.org/ns/odrl/2/", "skos": "http://www.w3.org/2004/02/skos/core#"}
    return {"@context": prefixes, "@graph": [*actions, *operands]}


def named_by_hash(digest: str) -> str:
    """The IRI of whatever has this sha256 digest (RFC 6920)."""
    return "ni:///sha-256;" + urlsafe_b64encode(bytes.fromhex(digest.removeprefix("sha256:"))).decode().rstrip("=")


def _policy(kind: str, terms: Terms, parties: Parties, time: list[Json]) -> Json:
    always = [*time, *_always(terms, parties.profile)]
    granted, withheld = _rules(terms, parties)
    policy: Json = {
        "@context": CONTEXT,
        "@type": kind,
        "uid": parties.policy,
        "profile": parties.profile,
        "conflict": "prohibit",
        "dct:identifier": terms.id,
        "dct:title": terms.offering,
        "assigner": parties.assigner,
    }
    if parties.assignee is not None:
        policy["assignee"] = parties.assignee
    if granted:
        policy["permission"] = [rule | {"constraint": always + rule.get("constraint", [])} for rule in granted]
    if withheld:
        policy["prohibition"] = withheld
    return policy


def _rules(terms: Terms, parties: Parties) -> tuple[list[Json], list[Json]]:
    """(permissions, prohibitions)"""
    base, own = named_by_hash(terms.base_digest), parties.profile
    models, outputs = f"{parties.policy}#custom-models", f"{parties.policy}#outputs"
    stage = [_any_of(_own(own, "stage"), terms.stages)]
    in_use = bool(terms.stages and terms.media and terms.territories)
    by_grant = [
        (in_use, _rule("execute", base, constraint=stage)),
        (in_use, _rule("execute", models, constraint=stage)),
        (in_use, _rule("present", outputs, constraint=_audience(terms), duty=_credit(terms, own))),
        (terms.commercial, _rule(COMMERCIAL_USE, base)),
        (terms.commercial, _rule(COMMERCIAL_USE, outputs)),
        (terms.may_train, _rule(_own(own, "train"), base, constraint=_training(terms, own), duty=_consent(terms))),
        (terms.may_download, _rule("reproduce", models)),
        (terms.may_download_base, _rule("reproduce", base)),
        (terms.may_sublicense, _rule("grantUse", base)),
        (terms.may_sublicense, _rule("grantUse", models)),
        (terms.may_merge, _rule(_own(own, "merge"), models)),
        (terms.may_sell_outputs, _rule("sell", outputs)),
        *([] if terms.concurrent_trainings is None else [(terms.priority, _rule(_own(own, "waitAhead"), base))]),
    ]
    granted = [rule for is_granted, rule in by_grant if is_granted]
    withheld = [{name: rule[name] for name in ("action", "target")} for is_granted, rule in by_grant if not is_granted]
    return granted, withheld


def _rule(action: str, target: str, **parts: list[Json]) -> Json:
    return {"action": action, "target": target} | {name: part for name, part in parts.items() if part}


def _always(terms: Terms, own: str) -> list[Json]:
    """What holds for every permission."""
    constraints = [
        _constraint(_own(own, "seats"), "lteq", terms.seats),
        _constraint(_own(own, "recognisablePeople"), "eq", terms.likeness),
    ]
    if terms.titles_excluded:
        constraints.append(_constraint(_own(own, "learnedFrom"), "isNoneOf", list(terms.titles_excluded)))
    if terms.revenue_cap is not None:
        whole, rest = divmod(terms.revenue_cap.amount, 100)
        cap = _constraint(_own(own, "revenue"), "lteq", _typed(f"{whole}.{rest:02}", "decimal"))
        constraints.append(cap | {"unit": CURRENCY_UNITS[terms.revenue_cap.currency]})
    return constraints


def _audience(terms: Terms) -> list[Json]:
    where = [] if WORLD in terms.territories else [_any_of("spatial", terms.territories)]
    return [_any_of("deliveryChannel", terms.media), *where]


def _training(terms: Terms, own: str) -> list[Json]:
    limits = {"rank": terms.max_rank, "steps": terms.max_steps, "longestEdge": terms.max_resolution, "clips": terms.max_clips}
    said = {name: limit for name, limit in {**limits, "concurrentTrainings": terms.concurrent_trainings}.items() if limit is not None}
    return [_constraint(_own(own, name), "lteq", limit) for name, limit in said.items()]


def _consent(terms: Terms) -> list[Json]:
    return [{"action": "obtainConsent"}] if terms.likeness == "consented" else []


def _credit(terms: Terms, own: str) -> list[Json]:
    if terms.credit_line is None:
        return []
    words = _constraint(_own(own, "creditLine"), "eq", terms.credit_line)
    return [{"action": [{"rdf:value": {"@id": "odrl:attribute"}, "refinement": [words]}]}]


def _any_of(operand: str, values: Iterable[str]) -> Json:
    return _constraint(operand, "isAnyOf", list(values))


def _constraint(left: str, operator: str, right: Any) -> Json:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _typed(value: str, kind: str) -> Json:
    return {"@value": value, "@type": f"xsd:{kind}"}


def _moment(moment: datetime) -> Json:
    return _typed(aware("the time", moment).astimezone(UTC).isoformat(), "dateTime")


def _own(profile_iri: str, name: str) -> str:
    return f"{profile_iri}#{name}"
