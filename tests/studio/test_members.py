"""Who belongs to a studio: invitations, roles, leaving. Nobody learns whether an address has an account."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client

from atelier.accounts.actions import change_role, remove_member
from atelier.accounts.models import Membership, Role
from atelier.accounts.queries import has_address
from atelier.audit.models import Entry
from atelier.kit.refused import Refused
from atelier.kit.tickets import ticket
from atelier.studio import actions
from atelier.studio.models import Invitation
from atelier.studio.states import InvitationState
from tests.visits import signed_in
from tests.world import World, join, two_step

pytestmark = pytest.mark.django_db


def invited(world: World, email: str, role: str = "auditor", **more: Any) -> Invitation:
    return actions.invite(studio=world.studio, by=world.alice, email=email, role=role, language="en", **more)


def test_an_invitation_is_a_mail_with_a_link_that_the_invited_person_accepts(world: World, settings: Any, run_outbox: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    page = f"/en/studio/{world.studio.public_id}/members"
    answer = signed_in(world.alice).post(page, {"email": world.bob.email.upper(), "role": "admin"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    run_outbox()
    [sent] = mail.outbox
    assert world.studio.name in sent.subject and "admin" in sent.body
    link = next(line for line in sent.body.splitlines() if "/studio/invitations/" in line).removeprefix(settings.PUBLIC_URL)
    assert "Sign in to accept" in Client().get(link).content.decode()
    bob = signed_in(world.bob)
    assert "Accept the invitation" in bob.get(link).content.decode()
    assert bob.post(link)["Location"] == f"/en/studio/{world.studio.public_id}"
    assert Membership.objects.get(studio=world.studio, user=world.bob).role == Role.ADMIN
    assert bob.get(link).status_code == 410
    told = Entry.objects.filter(studio=world.studio.id, action__in=("studio.invite", "studio.join")).order_by("id")
    assert [entry.actor for entry in told] == [world.alice.id, world.bob.id]
    assert world.bob.email not in str([entry.detail for entry in told]).lower()


def test_the_answer_is_the_same_for_an_address_with_and_without_account(world: World) -> None:
    page = f"/en/studio/{world.studio.public_id}/members"
    client = signed_in(world.alice)
    told = []
    for email in (world.bob.email, "nobody@example.org"):
        text = client.post(page, {"email": email, "role": "auditor"}, follow=True).content.decode()
        told.append(text.count("is on its way") == 1 and email in text)
    assert told == [True, True]


def test_an_invitation_is_for_the_address_that_it_was_sent_to(world: World) -> None:
    link = f"/en/studio/invitations/{ticket(invited(world, world.bob.email))}"
    carol = signed_in(world.carol)
    text = carol.get(link).content.decode()
    assert "another address" in text and world.bob.email not in text
    assert carol.post(link).status_code == 403
    assert not Membership.objects.filter(studio=world.studio, user=world.carol).exists()
    assert signed_in(world.bob).post(link).status_code == 302


def test_a_confirmed_second_address_counts_and_an_unconfirmed_one_does_not(world: World) -> None:
    invitation = invited(world, "second@example.org")
    added = world.bob.emailaddress_set.create(email="Second@example.org", verified=False)
    assert not has_address(world.bob, invitation.email)
    added.verified = True
    added.save()
    assert has_address(world.bob, invitation.email)


def test_a_link_that_we_did_not_sign_opens_nothing(world: World) -> None:
    right = ticket(invited(world, world.bob.email))
    for wrong in (right[:-1], right + "x", "abc", right.replace(":", "", 1)):
        assert Client().get(f"/en/studio/invitations/{wrong}").status_code == 404


def test_an_invitation_that_was_withdrawn_or_ran_out_says_so(world: World) -> None:
    withdrawn, expired = invited(world, world.bob.email), invited(world, world.carol.email)
    path = f"/en/studio/{world.studio.public_id}/members/invitations/{withdrawn.public_id}"
    assert signed_in(world.alice).post(path).status_code == 302
    Invitation.objects.filter(pk=expired.pk).update(expires_at=Now() - timedelta(seconds=1))
    for row, person in ((withdrawn, world.bob), (expired, world.carol)):
        assert signed_in(person).post(f"/en/studio/invitations/{ticket(row)}").status_code == 410
    assert invited(world, world.carol.email).state == InvitationState.OPEN


def test_one_open_invitation_for_an_address_and_none_for_a_member(world: World) -> None:
    invited(world, "zoe@example.org")
    with pytest.raises(Refused, match="already_invited"):
        invited(world, "Zoe@example.org")
    with pytest.raises(Refused, match="already_member"):
        invited(world, world.dave.email)
    page = f"/en/studio/{world.studio.public_id}/members"
    answer = signed_in(world.alice).post(page, {"email": "zoe@example.org", "role": "auditor"})
    assert answer.status_code == 422 and 'value="zoe@example.org"' in answer.content.decode()


def test_whoever_lost_the_right_to_invite_has_invited_nobody(world: World) -> None:
    noah = two_step(world.person("noah"))
    join(world.studio, noah, "admin")
    member = Membership.objects.get(user=noah)
    invitation = actions.invite(studio=world.studio, by=noah, email=world.bob.email, role="auditor", language="en")
    remove_member(member=member, by=world.alice)
    with pytest.raises(Refused, match="inviter_gone"):
        actions.accept(invitation=invitation, by=world.bob)


def test_admins_decide_about_auditors_and_owners_about_everybody(world: World) -> None:
    noah = two_step(world.person("noah"))
    join(world.studio, noah, "admin")
    with pytest.raises(Refused, match="role_too_low"):
        actions.invite(studio=world.studio, by=noah, email="x@example.org", role="owner", language="en")
    dave = Membership.objects.get(studio=world.studio, user=world.dave)
    with pytest.raises(Refused, match="role_too_low"):
        change_role(member=dave, by=noah, role="admin")
    with pytest.raises(Refused, match="role_too_low"):
        remove_member(member=Membership.objects.get(studio=world.studio, user=world.alice), by=noah)
    change_role(member=dave, by=world.alice, role="admin")
    dave.refresh_from_db()
    assert dave.role == "admin"
    entry = Entry.objects.get(action="studio.change_role", studio=world.studio.id)
    assert (entry.detail["before"], entry.detail["role"]) == ("auditor", "admin")


def test_the_last_owner_can_neither_leave_nor_step_down(world: World) -> None:
    alice = Membership.objects.get(studio=world.studio, user=world.alice)
    for deed in (lambda: remove_member(member=alice, by=world.alice), lambda: change_role(member=alice, by=world.alice, role="auditor")):
        with pytest.raises(Refused, match="last_owner"):
            deed()
    path = f"/en/studio/{world.studio.public_id}/members/{alice.public_id}"
    answer = signed_in(world.alice).post(path, {"remove": "yes"})
    assert answer.status_code == 409 and "needs an owner" in answer.content.decode()


def test_everybody_may_leave(world: World) -> None:
    dave = Membership.objects.create(studio=world.studio, user=world.bob, role="auditor")
    two_step(world.bob)
    client, path = signed_in(world.bob), f"/en/studio/{world.studio.public_id}/members/{dave.public_id}"
    assert "Leave the studio" in client.get(path).content.decode()
    assert client.post(path, {"remove": "yes"}).status_code == 302
    assert client.get(path).status_code == 404
    assert Entry.objects.filter(action="studio.leave", studio=world.studio.id).count() == 1


def test_an_auditor_sees_no_form_and_is_refused_one(world: World) -> None:
    client, page = signed_in(world.dave), f"/en/studio/{world.studio.public_id}/members"
    alice = Membership.objects.get(studio=world.studio, user=world.alice)
    invitation = invited(world, "zoe@example.org")
    for path in (page, f"{page}/{alice.public_id}"):
        inside = client.get(path).content.decode().split('<main id="content"')[1].split("<footer")[0]
        assert "<form" not in inside
    for path, form in (
        (page, {"email": "x@example.org", "role": "auditor"}),
        (f"{page}/{alice.public_id}", {"role": "auditor"}),
        (f"{page}/{alice.public_id}", {}),
        (f"{page}/{alice.public_id}", {"remove": "yes"}),
        (f"{page}/invitations/{invitation.public_id}", {}),
    ):
        assert client.post(path, form).status_code == 403, path


def test_who_lacks_the_second_step_is_shown(world: World) -> None:
    join(world.studio, world.bob, "auditor")
    text = signed_in(world.alice).get(f"/en/studio/{world.studio.public_id}/members").content.decode()
    assert "1 member has not switched it on" in text and text.count("switched off") == 1
