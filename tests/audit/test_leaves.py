"""What a leaf says of a deed, and what it does not say of anybody."""

import json
from typing import Any

import pytest

from atelier.accounts.closing import close
from atelier.audit import sequencer
from atelier.audit.actions import record
from atelier.audit.leaves import harmless, said
from atelier.audit.models import Entry, Leaf, Salt
from licensing.commitment import opens
from tests.world import World

SALT, OTHER = bytes(range(32)), bytes(32)


def entry(world: World, **detail: Any) -> Entry:
    facts = {"subject": world.bob.public_id, "studio": world.studio.id, "actor": world.alice.id, "titles": ["ttl_" + "1" * 32]}
    row = record(action="test.deed", licence="lic_" + "2" * 32, **facts, **detail)
    row.refresh_from_db()
    return row


def test_people_and_free_text_stand_in_no_leaf(world: World) -> None:
    told = {"reason": f"{world.bob.email} broke the terms", "member": str(world.bob.id), "name": "Ada", "use": {"project": "A film of Ada"}}
    row = entry(world, **told, of=[world.bob.public_id, {"who": "Ada"}])
    text = said(row, SALT).data.decode()
    for secret in (world.bob.public_id, world.alice.public_id, str(world.bob.id), world.alice.id.hex, world.bob.email, "Ada", "broke"):
        assert secret not in text


def test_nobody_stands_in_the_leaves_of_a_studio_at_work(world: World) -> None:
    licence = world.licence()
    record(action="licence.revoke", subject=licence.public_id, studio=world.studio.id, actor=world.alice.id, reason=world.bob.email)
    assert world.dave
    sequencer.catch_up()
    leaves = "".join(Leaf.objects.filter(tree=world.studio.id).values_list("data", flat=True))
    assert licence.public_id in leaves and "studio.join" in leaves
    for person in (world.alice, world.bob, world.dave):
        for known in (person.id.hex, str(person.id), person.email, person.name):
            assert known not in leaves


def test_what_names_nobody_can_be_read(world: World) -> None:
    row = entry(world, role="auditor", seconds=60, price={"amount": 4900, "currency": "EUR"}, terms="sha256:" + "0" * 64, loss=0.25)
    told = json.loads(said(row, SALT).data)
    assert told["action"] == "test.deed" and told["licence"] == "lic_" + "2" * 32 and told["titles"] == ["ttl_" + "1" * 32]
    assert told["number"] == row.id and told["at"].startswith(row.at.date().isoformat()) and told["at"].endswith("Z")
    price = {"amount": 4900, "currency": "EUR"}
    assert told["detail"] == {"role": "auditor", "seconds": 60, "price": price, "terms": "sha256:" + "0" * 64, "loss": "0.25"}


def test_every_commitment_is_opened_by_its_own_salt_alone(world: World) -> None:
    found = said(entry(world, reason="a breach", name="a breach"), SALT)
    told = json.loads(found.data)
    openings = {opening.path: opening for opening in found.openings}
    assert set(openings) == {"subject", "actor", "detail/reason", "detail/name"}
    assert opens(told["actor"]["commitment"], openings["actor"].salt, world.alice.public_id)
    assert opens(told["detail"]["reason"]["commitment"], openings["detail/reason"].salt, "a breach")
    assert told["detail"]["reason"] != told["detail"]["name"]
    assert not opens(told["detail"]["reason"]["commitment"], openings["detail/name"].salt, "a breach")


def test_a_leaf_is_the_same_for_ever_and_another_under_another_salt(world: World) -> None:
    row = entry(world, reason="a breach")
    assert said(row, SALT) == said(Entry.objects.get(pk=row.pk), SALT)
    assert said(row, SALT).data != said(row, OTHER).data


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("role", "owner", True),
        ("role", "owner Ada", False),
        ("reason", "breach", False),
        ("reason", "", True),
        ("model", "mdl_" + "0" * 32, True),
        ("model", "usr_" + "0" * 32, False),
        ("member", "mbr_" + "0" * 32, False),
        ("member", "0" * 32, False),
        ("sha256", "0" * 64, True),
    ],
)
def test_a_word_is_shown_only_where_it_can_name_nobody(name: str, value: str, shown: bool) -> None:
    assert harmless(name, value) is shown


@pytest.mark.parametrize("value", [2**60, -(2**60), 1e300, "\u2028\ud7ff", "x" * 100_000, [[[[[1.5]]]]], {"a.b/c": "x"}])
def test_nothing_that_an_entry_may_hold_stops_the_sequencer(world: World, value: Any) -> None:
    row = entry(world, odd=value)
    sequencer.catch_up()
    assert Leaf.objects.get(pk=row.pk).data.encode() == said(row, bytes(row.salt.salt)).data


def test_a_closed_account_is_named_by_no_leaf_outside_a_studios_log(world: World) -> None:
    alone = record(action="account.describe", subject=world.bob.public_id, studio=None, actor=world.bob.id)
    others = record(action="account.describe", subject=world.carol.public_id, studio=None, actor=world.carol.id)
    of_studio = record(action="test.deed", subject="x", studio=world.studio.id, actor=world.bob.id)
    sequencer.catch_up()
    close(user=world.bob)
    sequencer.catch_up()
    assert set(Salt.objects.filter(entry__in=[alone, others, of_studio]).values_list("entry", flat=True)) == {others.pk, of_studio.pk}
    assert Leaf.objects.filter(entry=alone).exists()
