"""Who sits at the desk is said on the servers' command line."""

import pytest
from django.core.management import CommandError, call_command

from atelier.accounts.models import User
from atelier.audit.models import Entry
from tests.world import World


def test_somebody_becomes_staff_and_is_it_no_longer(world: World) -> None:
    call_command("staff", world.bob.email.upper())
    assert User.objects.get(pk=world.bob.pk).is_staff
    call_command("staff", world.bob.email, "--no-longer")
    assert not User.objects.get(pk=world.bob.pk).is_staff
    told = Entry.objects.filter(subject=world.bob.public_id, actor=None).order_by("id").values_list("action", flat=True)
    assert list(told) == ["account.appoint", "account.dismiss"]


def test_nobody_becomes_staff_unheard_of(world: World) -> None:
    with pytest.raises(CommandError, match="Nobody has signed up"):
        call_command("staff", "nobody@example.org")
