"""API tokens: shown once, stored as a digest, scoped, expiring, revocable."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from atelier.accounts import actions, tokens
from atelier.accounts.models import ApiToken
from atelier.kit.refused import Refused
from tests.world import client_of

pytestmark = pytest.mark.django_db


def bearer(plain: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {plain}"})


def issue(user: Any, *scopes: str) -> tuple[ApiToken, str]:
    return actions.issue_token(user=user, name="cli", scopes=list(scopes or ("read",)), days=30)


def test_it_signs_its_owner_in_and_its_plain_text_is_not_stored(bob: Any) -> None:
    token, plain = issue(bob)
    assert bearer(plain).get("/api/v1/me").json()["id"] == bob.public_id
    assert plain not in str(ApiToken.objects.filter(pk=token.pk).values())
    listed = client_of(bob).get("/api/v1/tokens").json()["results"]
    assert plain not in str(listed)
    assert listed[0]["last_used_at"] is not None


@pytest.mark.parametrize(
    "spoil",
    [lambda t: t[:-1], lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"), lambda t: "atl_" + "é" * 46, lambda t: "", lambda t: t + " x"],
)
def test_a_spoilt_token_is_refused_as_a_problem(bob: Any, spoil: Any) -> None:
    answer = bearer(spoil(issue(bob)[1])).get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_revoked_an_expired_and_a_suspended_person_s_token_sign_nobody_in(bob: Any) -> None:
    token, plain = issue(bob)
    actions.revoke_token(token=token, by=bob)
    assert bearer(plain).get("/api/v1/me").status_code == 401
    token, plain = issue(bob)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=token.created_at)
    assert bearer(plain).get("/api/v1/me").status_code == 401
    _, plain = issue(bob)
    bob.is_active = False
    bob.save()
    assert bearer(plain).get("/api/v1/me").status_code == 401


def test_a_missing_scope_is_named(bob: Any) -> None:
    _, plain = issue(bob, "read")
    answer = bearer(plain).post("/api/v1/projects", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_a_token_cannot_issue_another(bob: Any) -> None:
    _, plain = issue(bob, "read", "buy", "train", "studio")
    answer = bearer(plain).post("/api/v1/tokens", {"name": "x", "scopes": ["read"], "days": 1}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "session_needed")


@pytest.mark.parametrize(
    ("scopes", "days", "code"),
    [([], 1, "unknown_scope"), (["root"], 1, "unknown_scope"), (["read"], 366, "token_too_long"), (["read"], 0, "token_too_long")],
)
def test_odd_wishes_are_refused(bob: Any, scopes: list[str], days: int, code: str) -> None:
    with pytest.raises(Refused, match=code):
        actions.issue_token(user=bob, name="x", scopes=scopes, days=days)


def test_the_checksum_tells_noise_from_a_token_without_asking_the_database() -> None:
    plain = tokens.mint()
    assert tokens.well_formed(plain)
    assert len(plain) == 50
    assert not tokens.well_formed(plain.replace(plain[10], "-"))


def test_another_person_s_token_cannot_be_revoked(bob: Any, carol: Any) -> None:
    token, plain = issue(bob)
    assert client_of(carol).delete(f"/api/v1/tokens/{token.public_id}").status_code == 404
    assert bearer(plain).get("/api/v1/me").status_code == 200
