"""Studios ask their people for a second step at sign-in: on pages and in the API alike."""

from typing import Any

import pytest
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from django.contrib import admin as staff_pages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory

from atelier.accounts.models import Role, Studio
from tests.world import World, client_of, join, two_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(world: World) -> Any:
    """Without a second step."""
    join(world.studio, world.bob, Role.ADMIN)
    return world.bob


def audit(world: World, person: Any) -> Any:
    return client_of(person).get(f"/api/v1/studios/{world.studio.public_id}/audit")


def test_the_api_refuses_a_member_without_one_and_says_where_to_switch_it_on(world: World, admin: Any) -> None:
    answer = audit(world, admin)
    assert (answer.status_code, answer.json()["code"], answer.json()["where"]) == (403, "two_step_needed", "/en/account/two-step")
    two_step(admin)
    assert audit(world, admin).status_code == 200


LISTS = ("titles", "bases", "offerings", "tiers", "licences")


def test_no_list_of_the_api_shows_what_is_the_studio_s_to_a_member_without_one(world: World, admin: Any) -> None:
    world.licence(holder=world.carol)

    def seen() -> list[int]:
        return [len(client_of(admin).get(f"/api/v1/{name}").json()["results"]) for name in LISTS]

    assert seen() == [0] * len(LISTS)
    assert client_of(admin).get(f"/api/v1/bases/{world.version.public_id}").status_code == 404
    assert [row["id"] for row in client_of(admin).get("/api/v1/studios").json()["results"]] == [world.studio.public_id]
    two_step(admin)
    assert seen() == [1] * len(LISTS)


def test_recovery_codes_alone_are_no_second_step(world: World, admin: Any) -> None:
    Authenticator.objects.create(user=admin, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert audit(world, admin).json()["code"] == "two_step_needed"


def test_a_studio_may_do_without(world: World, admin: Any) -> None:
    Studio.objects.filter(pk=world.studio.pk).update(two_step_required=False)
    assert audit(world, admin).status_code == 200


def test_a_stranger_is_not_told_that_there_is_a_studio(world: World, carol: Any) -> None:
    assert audit(world, carol).status_code == 404


def test_the_page_leads_to_where_it_is_switched_on_and_back(world: World, client: Client, admin: Any) -> None:
    room = f"/en/studio/{world.studio.public_id}"
    client.force_login(admin)
    refused = client.get(room)
    assert refused.status_code == 403 and f"/en/account/two-step?next={room.replace('/', '%2F')}" in refused.content.decode()
    assert client.get(f"/en/account/two-step?next={room}")["Location"] == "/en/accounts/2fa/"
    two_step(admin)
    assert "/en/account/two-step" in client.get("/en/accounts/2fa/").content.decode()
    assert client.get("/en/account/two-step")["Location"] == room
    assert client.get(room).status_code == 200


def test_it_leads_back_to_no_other_site(client: Client, bob: Any) -> None:
    client.force_login(bob)
    client.get("/en/account/two-step?next=https://evil.example/")
    assert client.get("/en/account/two-step")["Location"] == "/en/accounts/2fa/"


def through(person: Any) -> Any:
    """Where the admin's door leads her: None when it lets her in."""
    request = RequestFactory().get("/admin/login/?next=/admin/")
    request.user = person
    with request_context(request):
        return None if staff_pages.site.has_permission(request) else staff_pages.site.login(request)


def test_the_admin_s_door_asks_staff_for_two_steps(world: World) -> None:
    staff = world.person("staff", is_staff=True)
    answer = through(staff)
    assert answer.status_code == 302 and answer["Location"].endswith("/account/two-step?next=%2Fadmin%2F")
    assert through(two_step(staff)) is None


def test_the_admin_s_door_has_no_sign_in_of_its_own(world: World) -> None:
    assert "/accounts/login/" in through(AnonymousUser())["Location"]
    with pytest.raises(PermissionDenied):
        through(two_step(world.bob))
