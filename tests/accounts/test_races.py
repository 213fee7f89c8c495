"""Two people at the same moment, on committed rows."""

import time
from functools import partial

import pytest
from django.db import transaction

from atelier.accounts import belongings, closing
from atelier.accounts.models import Membership, Role, User
from atelier.kit.refused import Refused
from tests.threads import together
from tests.world import World, join


def test_of_two_owners_who_close_at_once_one_stays(committed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    studio, ask = committed.studio, belongings.reasons
    with transaction.atomic():
        join(studio, committed.bob, Role.OWNER)

    def asked_slowly(person: User) -> list[Refused]:
        found = ask(person)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(belongings, "reasons", asked_slowly)
    both = [partial(closing.close, user=person) for person in (committed.alice, committed.bob)]
    ended = together(*both, expecting=(Refused,))
    assert [each.code for each in ended if each] == ["last_owner"]
    assert Membership.objects.filter(studio=studio, role=Role.OWNER, user__is_active=True).count() == 1
