"""Studios, roles and the one access door."""

from typing import Any

import pytest

from atelier.accounts import access, actions
from atelier.accounts.models import Role
from atelier.kit.refused import Refused
from tests.world import World, client_of, two_step

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


def test_only_an_owner_makes_admins(world: World, studio: Any, alice: Any, bob: Any, carol: Any) -> None:
    actions.add_member(studio=studio, by=alice, email=two_step(bob).email, role=Role.ADMIN)
    with pytest.raises(Refused, match="role_too_low"):
        actions.add_member(studio=studio, by=bob, email=carol.email, role=Role.OWNER)
    actions.add_member(studio=studio, by=bob, email=carol.email, role=Role.AUDITOR)
    with pytest.raises(Refused, match="already_member"):
        actions.add_member(studio=studio, by=alice, email=carol.email.upper(), role=Role.AUDITOR)


def test_an_unknown_address_is_told_to_sign_up_first(studio: Any, alice: Any) -> None:
    with pytest.raises(Refused, match="no_such_account"):
        actions.add_member(studio=studio, by=alice, email="nobody@example.org", role=Role.AUDITOR)


def test_roles_cannot_be_assigned_on_the_side(bob: Any) -> None:
    answer = client_of(bob).post(
        "/api/v1/studios", {"name": "x", "owner": "me", "role": "owner", "id": "std_1", "is_staff": True}, format="json"
    )
    assert answer.status_code == 201
    bob.refresh_from_db()
    assert not bob.is_staff


def test_a_row_that_is_hers_is_found(studio: Any, alice: Any) -> None:
    assert access.studio(studio.public_id, alice) == studio
