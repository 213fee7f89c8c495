"""Studios, roles and the one access door."""

from typing import Any

import pytest

from atelier.accounts import access, actions
from atelier.accounts.models import Membership, Role
from atelier.kit import tickets
from atelier.kit.refused import Refused
from atelier.studio.models import Invitation
from tests.world import client_of, join, two_step

pytestmark = pytest.mark.django_db


def test_who_opens_a_studio_owns_it(bob: Any) -> None:
    answer = client_of(bob).post("/api/v1/studios", {"name": "Nuit", "country": "FR"}, format="json")
    assert answer.status_code == 201
    me = client_of(bob).get("/api/v1/me").json()
    assert me["memberships"] == [{"studio": answer.json()["id"], "studio_name": "Nuit", "role": "owner"}]


def test_a_stranger_and_an_unknown_id_get_the_same_answer(studio: Any, carol: Any) -> None:
    stranger = client_of(carol).get(f"/api/v1/studios/{studio.public_id}/audit")
    unknown = client_of(carol).get("/api/v1/studios/std_" + "0" * 32 + "/audit")
    assert stranger.status_code == unknown.status_code == 404
    assert stranger.json() == unknown.json()


def invite(person: Any, studio: Any, email: str, role: str) -> Any:
    return client_of(person).post(f"/api/v1/studios/{studio.public_id}/members", {"email": email, "role": role}, format="json")


def test_only_an_owner_invites_admins(studio: Any, alice: Any, bob: Any, carol: Any) -> None:
    join(studio, two_step(bob), Role.ADMIN)
    assert invite(bob, studio, carol.email, "owner").json()["code"] == "role_too_low"
    assert invite(bob, studio, carol.email, "auditor").status_code == 201
    assert invite(alice, studio, carol.email.upper(), "auditor").json()["code"] == "already_invited"
    assert invite(alice, studio, bob.email, "auditor").json()["code"] == "already_member"


def test_nobody_becomes_a_member_unasked(studio: Any, alice: Any, bob: Any, carol: Any) -> None:
    answer = invite(alice, studio, bob.email, "auditor")
    assert (answer.status_code, answer.json()["state"]) == (201, "open")
    assert client_of(bob).get("/api/v1/me").json()["memberships"] == []
    ticket = {"ticket": tickets.ticket(Invitation.objects.get())}
    assert client_of(carol).post("/api/v1/invitations/accept", ticket, format="json").json()["code"] == "other_address"
    accepted = client_of(bob).post("/api/v1/invitations/accept", ticket, format="json")
    assert (accepted.status_code, accepted.json()["role"]) == (201, "auditor")
    assert client_of(bob).get("/api/v1/me").json()["memberships"][0]["role"] == "auditor"
    assert client_of(bob).post("/api/v1/invitations/accept", ticket, format="json").json()["code"] == "invitation_used"


def test_an_invitation_does_not_tell_whether_the_address_has_an_account(studio: Any, alice: Any, bob: Any) -> None:
    known, unknown = (invite(alice, studio, email, "auditor") for email in (bob.email, "nobody@example.org"))
    assert known.status_code == unknown.status_code == 201
    assert known.json().keys() == unknown.json().keys()


def test_roles_cannot_be_assigned_on_the_side(bob: Any) -> None:
    answer = client_of(bob).post(
        "/api/v1/studios", {"name": "x", "owner": "me", "role": "owner", "id": "std_1", "is_staff": True}, format="json"
    )
    assert answer.status_code == 201
    bob.refresh_from_db()
    assert not bob.is_staff


def test_a_row_that_is_hers_is_found(studio: Any, alice: Any) -> None:
    assert access.studio(studio.public_id, alice) == studio


def test_an_owner_who_is_one_no_more_when_her_turn_comes_changes_nothing(
    studio: Any, alice: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another owner was quicker, and the studio's lock is where they meet."""
    member, wait = join(studio, two_step(bob), Role.OWNER).memberships.get(), actions._locked

    def waited(row: Membership) -> Membership:
        Membership.objects.filter(user=alice).update(role=Role.ADMIN)
        return wait(row)

    monkeypatch.setattr(actions, "_locked", waited)
    with pytest.raises(Refused, match="role_too_low"):
        actions.change_role(member=member, by=alice, role=Role.AUDITOR)
