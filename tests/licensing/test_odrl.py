"""The policies against the rules of the ODRL 2.2 Recommendations: what a policy, a rule and a constraint need, and which words exist."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from licensing.context import BadContext
from licensing.odrl import ACTIONS, CONTEXT, LEFT_OPERANDS, Parties, agreement, named_by_hash, offer, profile
from licensing.terms import Terms
from tests.licensing.cases import GENEROUS, IDLE, MIDDLING, NOW, STERN, SWIFT, terms

PROFILE = "https://atelier.example/odrl/1"
OFFERED = Parties(policy="https://atelier.example/tiers/1", assigner="https://atelier.example/studios/1", profile=PROFILE)
AGREED = replace(OFFERED, policy="https://atelier.example/licences/1", assignee="https://atelier.example/holders/1")

KNOWN_ACTIONS = {"execute", "present", "reproduce", "grantUse", "sell", "attribute", "obtainConsent", "derive", "use"}
KNOWN_OPERANDS = {"dateTime", "elapsedTime", "spatial", "deliveryChannel"}
KNOWN_OPERATORS = {"eq", "lt", "lteq", "gteq", "isAnyOf", "isNoneOf"}


def check(policy: dict[str, Any]) -> None:
    assert policy["@context"] == CONTEXT
    assert "://" in policy["uid"]
    assert policy["conflict"] in ("perm", "prohibit", "invalid")
    assert "assigner" in policy
    assert ("assignee" in policy) == (policy["@type"] == "Agreement")
    permissions, prohibitions = policy.get("permission", []), policy.get("prohibition", [])
    assert permissions or prohibitions
    for rule in permissions + prohibitions:
        check_rule(rule)
    decided = [(rule["action"], rule["target"]) for rule in permissions + prohibitions]
    assert len(decided) == len(set(decided))


def check_rule(rule: dict[str, Any]) -> None:
    assert rule.keys() <= {"action", "target", "constraint", "duty"}
    assert "://" in rule["target"]
    check_action(rule["action"])
    for constraint in rule.get("constraint", []):
        check_constraint(constraint)
    for duty in rule.get("duty", []):
        check_action(duty["action"])


def check_action(action: Any) -> None:
    if isinstance(action, list):
        (refined,) = action
        for refinement in refined["refinement"]:
            check_constraint(refinement)
        action = refined["rdf:value"]["@id"].removeprefix("odrl:")
    ours = {f"{PROFILE}#{name}" for name in ACTIONS} | {"http://creativecommons.org/ns#CommercialUse"}
    assert action in KNOWN_ACTIONS | ours


def check_constraint(constraint: dict[str, Any]) -> None:
    assert constraint.keys() - {"unit"} == {"leftOperand", "operator", "rightOperand"}
    assert constraint["leftOperand"] in KNOWN_OPERANDS | {f"{PROFILE}#{name}" for name in LEFT_OPERANDS}
    assert constraint["operator"] in KNOWN_OPERATORS
    assert isinstance(constraint["rightOperand"], list) == constraint["operator"].startswith("is")
    assert constraint["rightOperand"] != []


@given(terms)
@settings(max_examples=60)
def test_every_policy_keeps_the_rules_of_odrl(value: Terms) -> None:
    for policy in (offer(value, OFFERED), agreement(value, AGREED, NOW, NOW + timedelta(days=1))):
        check(json.loads(json.dumps(policy)))


def permitted(policy: dict[str, Any]) -> set[str]:
    return {rule["action"].rpartition("#")[2] for rule in policy.get("permission", [])}


def test_what_is_granted_is_permitted_and_what_is_withheld_prohibited() -> None:
    everything = {"execute", "present", "CommercialUse", "train", "reproduce", "grantUse", "merge", "sell"}
    assert permitted(offer(GENEROUS, OFFERED)) == everything
    assert "prohibition" not in offer(GENEROUS, OFFERED)
    assert "permission" not in offer(STERN, OFFERED)
    assert {rule["action"].rpartition("#")[2] for rule in offer(STERN, OFFERED)["prohibition"]} == everything


def test_the_lane_is_permitted_or_prohibited_and_of_terms_that_say_nothing_of_it_neither() -> None:
    assert "waitAhead" in permitted(offer(SWIFT, OFFERED))
    assert "waitAhead" in {rule["action"].rpartition("#")[2] for rule in offer(IDLE, OFFERED)["prohibition"]}
    assert "waitAhead" not in json.dumps([offer(GENEROUS, OFFERED), offer(STERN, OFFERED)])
    assert constraints(offer(SWIFT, OFFERED), "train")["concurrentTrainings"]["rightOperand"] == 3
    assert "concurrentTrainings" not in constraints(offer(GENEROUS, OFFERED), "train")


def test_the_base_is_named_by_its_hash() -> None:
    targets = {rule["target"] for rule in offer(GENEROUS, OFFERED)["permission"] if rule["action"].endswith("#train")}
    assert targets == {named_by_hash(GENEROUS.base_digest)}
    assert named_by_hash("sha256:" + "0" * 64) == "ni:///sha-256;" + "A" * 43


def constraints(policy: dict[str, Any], action: str) -> dict[str, Any]:
    (rule,) = (rule for rule in policy["permission"] if rule["action"].endswith(action))
    return {each["leftOperand"].rpartition("#")[2]: each for each in rule["constraint"]}


def test_limits_stand_as_constraints() -> None:
    train = constraints(offer(MIDDLING, OFFERED), "train")
    assert [train[name]["rightOperand"] for name in ("rank", "steps", "longestEdge", "clips", "seats")] == [64, 4_000, 1_280, 200, 2]
    assert train["revenue"]["rightOperand"] == {"@value": "1234567.05", "@type": "xsd:decimal"}
    assert train["learnedFrom"]["rightOperand"] == ["Dawn", "Les Nuits d’août"]
    present = constraints(offer(MIDDLING, OFFERED), "present")
    assert present["spatial"]["rightOperand"] == ["AE", "FR", "US"]
    assert present["deliveryChannel"]["rightOperand"] == ["festival", "web"]
    assert "spatial" not in constraints(offer(GENEROUS, OFFERED), "present")


def test_an_offer_lasts_as_long_as_its_period_and_an_agreement_until_its_end() -> None:
    assert constraints(offer(GENEROUS, OFFERED), "train")["elapsedTime"]["rightOperand"]["@value"] == "P365D"
    agreed = agreement(GENEROUS, AGREED, NOW, NOW + timedelta(days=1))
    times = [each for each in agreed["permission"][0]["constraint"] if each["leftOperand"] == "dateTime"]
    assert [(each["operator"], each["rightOperand"]["@value"]) for each in times] == [
        ("gteq", "2026-03-01T12:00:00+00:00"),
        ("lt", "2026-03-02T12:00:00+00:00"),
    ]
    assert "elapsedTime" not in constraints(offer(replace(GENEROUS, period_days=None), OFFERED), "train")


def test_credit_and_consent_are_duties() -> None:
    duties = {rule["action"].rpartition("#")[2]: rule.get("duty", []) for rule in offer(MIDDLING, OFFERED)["permission"]}
    assert duties["train"] == [{"action": "obtainConsent"}]
    assert duties["present"][0]["action"][0]["refinement"][0]["rightOperand"] == MIDDLING.credit_line


def test_the_policy_names_the_terms_it_was_made_from() -> None:
    assert offer(MIDDLING, OFFERED)["dct:identifier"] == MIDDLING.id


def test_the_profile_defines_every_word_of_ours() -> None:
    defined = {entry["@id"].removeprefix(PROFILE + "#"): entry for entry in profile(PROFILE)["@graph"]}
    assert set(defined) == set(ACTIONS) | set(LEFT_OPERANDS)
    assert all("odrl:includedIn" in defined[name] for name in ACTIONS)


def test_an_agreement_needs_an_assignee_and_an_offer_has_none() -> None:
    with pytest.raises(ValueError, match="assignee"):
        agreement(GENEROUS, OFFERED, NOW, None)
    with pytest.raises(ValueError, match="assignee"):
        offer(GENEROUS, AGREED)


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(BadContext):
        agreement(GENEROUS, AGREED, NOW.replace(tzinfo=None), None)
