"""Closing a studio: what stands in the way, what goes, and what stays."""

from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.test import Client, RequestFactory
from django.utils import timezone

from atelier.accounts import closing as accounts
from atelier.accounts.models import Membership, Studio
from atelier.audit.models import Entry
from atelier.catalog.models import BaseVersion
from atelier.checkout import actions as checkout
from atelier.kit.refused import Refused
from atelier.ledger.models import Account
from atelier.licences import actions as licences
from atelier.studio import actions as people
from atelier.studio import closing
from atelier.studio.models import Invitation
from licensing.text import text_hash
from tests.checkout import shop
from tests.world import World, join, two_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(world: World) -> Client:
    """She signed in a moment ago."""
    client = Client()
    client.force_login(world.alice)
    request = RequestFactory().get("/")
    request.session = client.session
    record_authentication(request, world.alice, "mfa", reauthenticated=True)
    request.session.save()
    return client


def address(world: World) -> str:
    return f"/en/studio/{world.studio.public_id}/close"


def codes(world: World) -> list[str]:
    return [refused.code for refused in closing.reasons(world.studio)]


def test_a_closed_studio_is_nobody_s_room_and_keeps_its_log(world: World, owner: Client) -> None:
    tier = world.tier()
    world.dave  # noqa: B018  # joins
    invitation = people.invite(studio=world.studio, by=world.alice, email="new@example.org", role="auditor", language="en")
    assert owner.post(address(world), {"typed": world.studio.name.upper()})["Location"] == "/en/home"
    assert Studio.objects.get(pk=world.studio.pk).closed_at is not None
    assert not Membership.objects.filter(studio=world.studio).exists()
    assert owner.get(f"/en/studio/{world.studio.public_id}").status_code == 404
    assert owner.get(f"/en/tiers/{tier.public_id}").status_code in (404, 409, 410)
    assert Invitation.objects.get(pk=invitation.pk).state == "withdrawn"
    assert BaseVersion.objects.get(pk=world.version.pk).state == "withdrawn"
    told = Entry.objects.filter(studio=world.studio.id).values_list("action", flat=True)
    assert {"studio.invite", "tier.close", "base.withdraw", "studio.close"} <= set(told)
    accounts.close(user=world.alice)  # nothing keeps her any more


@pytest.mark.parametrize("typed", ["", "yes", "Studio"])
def test_another_name_closes_nothing(world: World, owner: Client, typed: str) -> None:
    assert owner.post(address(world), {"typed": typed}).status_code == 422
    assert Studio.objects.get(pk=world.studio.pk).closed_at is None


def test_only_an_owner_closes_it(world: World) -> None:
    admin = two_step(join(world.studio, world.bob, "admin"))
    client = Client()
    client.force_login(admin)
    assert client.post(address(world), {"typed": world.studio.name}).status_code == 403
    with pytest.raises(Refused, match="role_too_low"):
        closing.close(studio=world.studio, by=admin)


def test_the_owner_shows_again_who_she_is_first(world: World, client: Client) -> None:
    client.force_login(world.alice)
    answer = client.post(address(world), {"typed": world.studio.name})
    assert answer["Location"].startswith("/en/accounts/2fa/reauthenticate/")
    assert Studio.objects.get(pk=world.studio.pk).closed_at is None


def test_a_licence_that_stands_keeps_it_open_and_the_page_says_what_to_do(world: World, owner: Client) -> None:
    licence = world.licence()
    page = owner.get(address(world)).content.decode()
    assert "Licences that you granted still stand: 1." in page and 'name="typed"' not in page
    assert owner.post(address(world), {"typed": world.studio.name}).status_code == 409
    licences.suspend(licence=licence, by=world.alice.id, reason="a doubt")
    assert codes(world) == ["licences_stand"]
    licences.revoke(licence=licence, by=world.alice.id, reason="a breach")
    assert codes(world) == []
    assert Studio.objects.get(pk=world.studio.pk).closed_at is None


def test_a_licence_that_has_run_out_keeps_nothing_open(world: World) -> None:
    licence = world.licence()
    type(licence).objects.filter(pk=licence.pk).update(expires_at=timezone.now())
    assert codes(world) == []


def test_an_open_payment_page_and_money_owed_keep_it_open(world: World) -> None:
    revision = world.tier().current
    hashed = text_hash(revision.terms, "en")
    checkout.open_order(buyer=world.bob, revision=revision, accepted_text=hashed, language="en")
    assert codes(world) == ["orders_open"]
    shop.buy(world.carol, revision)
    assert codes(world) == ["licences_stand", "orders_open", "money_owed"]
    [owed] = [refused for refused in closing.reasons(world.studio) if refused.code == "money_owed"]
    assert "€" in owed.told() and owed.extra["contact"] in owed.told()
    assert Account.objects.filter(balance__gt=0).exists()


def test_what_is_refused_leaves_the_tiers_on_sale(world: World) -> None:
    tier = world.tier()
    world.licence()
    with pytest.raises(Refused, match="licences_stand"):
        closing.close(studio=world.studio, by=world.alice)
    tier.refresh_from_db()
    assert tier.open


def order_of(world: World, tier: Any) -> None:
    revision = tier.current
    checkout.open_order(buyer=world.bob, revision=revision, accepted_text=text_hash(revision.terms, "en"), language="en")


def test_nothing_is_ordered_from_a_closed_studio(world: World) -> None:
    tier = world.tier()
    closing.close(studio=world.studio, by=world.alice)
    with pytest.raises(Refused, match="tier_closed"):
        order_of(world, tier)
