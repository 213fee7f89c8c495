"""What the holder of an earlier checkpoint finds out about somebody with full rights on the database, and on the keys."""

import json
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from atelier.audit import bundles, checkpoints, trees
from atelier.audit.models import Checkpoint, Entry, Leaf, Salt
from atelier.kit.refused import Refused
from licensing import merkle
from licensing.findings import Finding

from .logs import bundle, command, execute, forget_trees, full_rights, place_all, proved, signed, write

pytestmark = pytest.mark.django_db
KEPT, NOW = 8, 21


@pytest.fixture
def studio() -> UUID:
    return uuid4()


@pytest.fixture
def kept(studio: UUID) -> Checkpoint:
    """The studio has kept its checkpoint over the first entries; the log has grown since."""
    write(studio, KEPT)
    checkpoint = signed(studio)
    write(studio, NOW - KEPT)
    return checkpoint


def test_a_log_that_only_grew_is_good(studio: UUID, kept: Checkpoint) -> None:
    lines = bundle(signed(studio))
    result = proved(lines, kept)
    assert (result.finding, result.entries, result.since) == (Finding.OK, NOW, KEPT)
    assert command(lines, kept) == command(lines) == 0


def edit(studio: UUID) -> None:
    execute("UPDATE audit_entry SET action = 'nothing.happened' WHERE id = %s", third(studio))


def exchange_actor(studio: UUID) -> None:
    execute("UPDATE audit_entry SET actor = %s WHERE id = %s", uuid4(), third(studio))


def delete(studio: UUID) -> None:
    number = third(studio)
    execute("DELETE FROM audit_leaf WHERE entry_id = %s", number)
    execute("DELETE FROM audit_salt WHERE entry_id = %s", number)
    execute("DELETE FROM audit_entry WHERE id = %s", number)


def reorder(studio: UUID) -> None:
    """The third and the fourth in each other's place."""
    number = third(studio)
    execute(
        """
        UPDATE audit_entry here SET (subject, detail, at) = (
            SELECT subject, detail, at FROM audit_entry there WHERE there.id = %s - here.id
        ) WHERE id IN (%s, %s)
        """,
        *(2 * number + 1, number, number + 1),
    )


def third(studio: UUID) -> int:
    return int(Entry.objects.filter(studio=studio).order_by("pk")[3].pk)


LIES = [edit, exchange_actor, delete, reorder]


@pytest.mark.parametrize("lie", LIES)
def test_rows_that_were_changed_are_found_even_without_a_checkpoint(studio: UUID, kept: Checkpoint, lie: Callable[[UUID], None]) -> None:
    now = signed(studio)
    with full_rights():
        lie(studio)
    for since in (None, kept):
        assert proved(bundle(now), since).finding is Finding.TAMPERED
        assert command(bundle(now), since) == 1


@pytest.mark.parametrize("lie", LIES)
def test_a_log_that_was_changed_and_signed_anew_is_a_fork(studio: UUID, kept: Checkpoint, lie: Callable[[UUID], None]) -> None:
    """Everything is written again and signed with the real key: such a log agrees with itself, and not with the kept checkpoint."""
    with full_rights():
        lie(studio)
        forget_trees(studio)
    lines = bundle(signed(studio))
    assert proved(lines).finding is Finding.OK
    assert proved(lines, kept).finding is Finding.FORKED
    assert command(lines, kept) == 1


def test_two_logs_for_two_readers_are_a_fork_to_either(studio: UUID, kept: Checkpoint) -> None:
    shown = signed(studio)
    with full_rights():
        execute("DELETE FROM audit_checkpoint WHERE tree = %s AND size > %s", studio, KEPT)
        execute("DELETE FROM audit_leaf WHERE tree = %s AND place >= %s", studio, KEPT)
        execute("DELETE FROM audit_node WHERE tree = %s", studio)
        others = list(Entry.objects.filter(studio=studio, leaf=None).values_list("pk", flat=True))
        execute("DELETE FROM audit_salt WHERE entry_id = ANY(%s)", others)
        execute("INSERT INTO audit_pending (entry) SELECT unnest(%s::bigint[])", others)
        execute("UPDATE audit_entry SET action = 'other.story' WHERE id = %s", others[0])
    other = signed(studio)
    assert other.size == shown.size and proved(bundle(other), kept).finding is Finding.OK
    assert proved(bundle(other), shown).finding is Finding.FORKED


def test_a_log_that_was_cut_is_found(studio: UUID, kept: Checkpoint) -> None:
    signed(studio)
    with full_rights():
        last = third(studio)
        forget_trees(studio)
        execute("DELETE FROM audit_pending WHERE entry > %s", last)
        execute("DELETE FROM audit_entry WHERE studio = %s AND id > %s", studio, last)
    assert proved(bundle(signed(studio)), kept).finding is Finding.TRUNCATED


def test_hashes_that_no_longer_fit_the_last_checkpoint_are_not_signed(studio: UUID, kept: Checkpoint) -> None:
    place_all()
    with full_rights():
        execute("UPDATE audit_leaf SET hash = %s WHERE tree = %s AND place = 3", merkle.EMPTY, studio)
        execute("UPDATE audit_node SET hash = %s WHERE tree = %s", merkle.EMPTY, studio)
    with pytest.raises(checkpoints.Rewritten):
        checkpoints.make(studio)
    with full_rights():
        execute("DELETE FROM audit_leaf WHERE tree = %s AND place >= 4", studio)
    with pytest.raises(checkpoints.Rewritten, match="had 8 entries and has 4"):
        checkpoints.make(studio)


def test_a_checkpoint_is_made_where_something_was_added_and_kept_for_good(studio: UUID, kept: Checkpoint) -> None:
    now = signed(studio)
    assert signed(studio) == now
    assert [each.size for each in checkpoints.of_studio(studio)] == [NOW, KEPT]
    assert now.origin == kept.origin and now.origin.endswith(f"/studios/std_{studio.hex}")
    assert checkpoints.find(studio, str(KEPT)).note == kept.note
    for size in ("9", "x", "-1", "9" * 30, "٨"):
        with pytest.raises(Refused, match="not_found"):
            checkpoints.find(studio, size)


def test_the_days_checkpoint_is_made_once_and_not_for_a_log_that_did_not_grow(studio: UUID) -> None:
    write(studio, 2)
    first = checkpoints.daily(studio)
    assert first is not None and first.size == 2
    write(studio, 1)
    assert checkpoints.daily(studio) is None
    with full_rights():
        execute("UPDATE audit_checkpoint SET created_at = created_at - interval '1 day' WHERE tree = %s", studio)
    second = checkpoints.daily(studio)
    assert second is not None and second.size == 3
    with full_rights():
        execute("UPDATE audit_checkpoint SET created_at = created_at - interval '1 day' WHERE tree = %s", studio)
    assert checkpoints.daily(studio) is None and checkpoints.daily(uuid4()) is None


def test_a_host_that_moves_keeps_its_logs_name(studio: UUID, kept: Checkpoint, settings: object) -> None:
    settings.PUBLIC_URL = "https://elsewhere.example"  # type: ignore[attr-defined]
    assert signed(studio).origin == kept.origin


def test_an_entry_is_proved_alone(studio: UUID, kept: Checkpoint) -> None:
    now = signed(studio)
    entry = Entry.objects.get(pk=third(studio))
    proof = bundles.of_entry(entry)
    assert (proof.leaf.place, proof.checkpoint, proof.holds) == (3, now, True)
    lines = b"".join(proof.bundle())
    assert command(lines) == 0 and len(lines.splitlines()) == 2
    assert json.loads(lines.splitlines()[1])["entry"]["number"] == entry.pk
    with full_rights():
        edit(studio)
    changed = bundles.of_entry(Entry.objects.get(pk=entry.pk))
    assert not changed.holds
    assert proved(b"".join(changed.bundle())).finding is Finding.TAMPERED


def test_a_proof_says_what_its_commitments_stand_for_until_the_salt_is_gone(studio: UUID) -> None:
    actor = uuid4()
    [entry] = write(studio, 1)
    with full_rights():
        execute("UPDATE audit_entry SET actor = %s WHERE id = %s", actor, entry.pk)
    now = signed(studio)
    entry.refresh_from_db()
    assert [opening.value for opening in bundles.of_entry(entry).openings] == [f"usr_{actor.hex}"]
    with transaction.atomic():
        Salt.objects.filter(pk=entry.pk).delete()
    entry = Entry.objects.get(pk=entry.pk)
    assert bundles.of_entry(entry).openings == () and bundles.of_entry(entry).holds
    assert proved(bundle(now)).finding is Finding.OK


def test_an_entry_without_place_or_signature_says_what_to_wait_for(studio: UUID, kept: Checkpoint) -> None:
    last = Entry.objects.filter(studio=studio).first()
    assert last is not None
    with pytest.raises(Refused, match="not_placed"):
        bundles.of_entry(last)
    place_all()
    with pytest.raises(Refused, match="not_signed"):
        bundles.of_entry(last)
    with pytest.raises(Refused, match="no_checkpoint"):
        checkpoints.newest(uuid4())


def test_growth_is_proved_from_any_earlier_size(studio: UUID, kept: Checkpoint) -> None:
    now = signed(studio)
    path = bundles.growth(now, KEPT)
    assert merkle.verify_consistency(KEPT, NOW, bytes(kept.root), bytes(now.root), path)
    for size in (-1, NOW + 1):
        with pytest.raises(Refused, match="bad_size"):
            bundles.growth(now, size)


def test_proofs_ask_the_database_once_and_for_few_rows(studio: UUID, django_assert_num_queries: Callable[[int], object]) -> None:
    write(studio, 700)
    place_all()
    assert Leaf.objects.filter(tree=studio).count() == 700
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        trees.inclusion(studio, 333, 699)
    ranges = merkle.inclusion_ranges(777_777, 1_000_003)
    rows = {piece for leaves in ranges for subtree in merkle.subtrees(leaves) for piece in trees._pieces(subtree)}
    assert len(rows) < 100
    with connection.cursor():
        assert trees.root(studio, 0) == merkle.EMPTY
