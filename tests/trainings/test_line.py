"""Who is next: it goes round between creators; workers get what fits."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from atelier.accounts.models import User
from atelier.licences.queries import database_now
from atelier.trainings import line, operation, queue
from atelier.trainings.models import Quote, Training
from atelier.trainings.slots import Slot
from atelier.trainings.states import ACTIVE, TrainingState

from .real import Studio
from .test_queue import expire, together

OWN = ("id", "created_at")
HERE = Slot("here:1", 0, 0)
Waits = Callable[[User], Training]


@pytest.fixture
def wish(real: Studio) -> Quote:
    """Stays, and with it the studio's offer that all quotes of this session share."""
    return real.quote(steps=20)


@pytest.fixture
def alone(wish: Quote) -> Iterator[None]:
    """Nothing else waits or is at work, until the end of the test, which takes everything back."""
    with transaction.atomic():
        Training.objects.filter(state__in=(TrainingState.QUEUED, *ACTIVE)).update(state=TrainingState.CANCELLED, lease_until=None)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def waits(wish: Quote, alone: None) -> Waits:
    """Puts a training of this creator into the line. Each comes later than the one before it."""
    count = iter(range(100))

    def put(owner: User, **more: Any) -> Training:
        twin = Quote.objects.create(**{field.name: getattr(wish, field.name) for field in Quote._meta.fields if field.name not in OWN})
        row = Training.objects.create(owner=owner, quote=twin, licence=wish.licence, since=database_now(), steps=20, **more)
        Training.objects.filter(pk=row.pk).update(created_at=database_now() - timedelta(hours=1) + timedelta(seconds=next(count)))
        row.refresh_from_db()
        return row

    return put


@pytest.fixture
def creators(real: Studio, alone: None) -> list[User]:
    return [real.world.person(f"creator{number}-{id(alone)}-{real.world.tag}") for number in range(3)]


def order(count: int, slot: Slot = HERE) -> list[Any]:
    claims = [queue.claim_next(slot) for _ in range(count)]
    return [claim and claim.training for claim in claims]


def numbers(*rows: Training) -> list[int | None]:
    return [queue.position(row) for row in rows]


def test_it_goes_round_between_creators_and_positions_say_so(waits: Waits, creators: list[User]) -> None:
    ann, ben, cid = creators
    many = [waits(ann) for _ in range(4)]
    second, third = waits(ben), waits(cid)
    fair = [many[0], second, third, many[1], many[2], many[3]]
    assert numbers(*fair) == [1, 2, 3, 4, 5, 6]
    assert order(7) == [row.pk for row in fair] + [None]


def test_who_has_nothing_at_work_comes_before_who_has(waits: Waits, creators: list[User]) -> None:
    ann, ben, _ = creators
    first, again = waits(ann), waits(ann)
    assert order(1) == [first.pk]
    late = waits(ben)
    assert numbers(late, again) == [1, 2]
    assert order(2) == [late.pk, again.pk]


def test_what_is_before_it_is_counted_in_seconds_too(waits: Waits, creators: list[User]) -> None:
    ann, ben, _ = creators
    waits(ann, low=10, high=20), waits(ann, low=100, high=200)
    mine = waits(ben, low=1, high=2)
    assert line.place(mine) == line.Place(2, 10, 20)


def test_what_lost_its_worker_comes_first(waits: Waits, creators: list[User]) -> None:
    ann, ben, _ = creators
    lost, other = waits(ann), waits(ben)
    assert order(1) == [lost.pk]
    expire(lost)
    assert order(2) == [lost.pk, other.pk]


def test_a_worker_gets_what_it_knows_and_has_room_for(waits: Waits, creators: list[User]) -> None:
    ann, ben, cid = creators
    large, other, small = waits(ann, memory=80, family="wan"), waits(ben, memory=10, family="z_image"), waits(cid, memory=10, family="wan")
    narrow = Slot("narrow:1", 0, 0, families=("wan",), room=40)
    assert order(2, narrow) == [small.pk, None]
    assert order(3) == [large.pk, other.pk, None]


def test_one_that_fits_no_worker_says_so(waits: Waits, creators: list[User]) -> None:
    large = waits(creators[0], memory=80, family="wan")
    narrow, wide = Slot("n:1", 0, 0, room=40, training="trn_1"), Slot("w:1", 0, 0, room=100)
    assert operation.why(large, [narrow], large.since) == "unfit"
    assert operation.why(large, [narrow, wide], large.since) == "next"
    assert order(1, narrow) == [None]


def test_one_creator_has_at_most_so_many_at_work(waits: Waits, creators: list[User], settings: Any) -> None:
    settings.TRAININGS_PER_CREATOR = 1
    ann, ben, _ = creators
    first, second, other = waits(ann), waits(ann), waits(ben)
    assert order(3) == [first.pk, other.pk, None]
    assert operation.why(second, [HERE], second.since) == "limit"
    expire(first)
    assert order(1) == [first.pk]  # its own successor counts only once it is over
    Training.objects.filter(pk=first.pk).update(state=TrainingState.CANCELLED, lease_until=None)
    assert order(1) == [second.pk]


def test_many_workers_at_once_each_get_one_of_their_own(real: Studio) -> None:
    wanted = {real.training().pk for _ in range(3)}
    free = [row.pk for row in line.claimable()]

    def take() -> Any:
        try:
            return queue.claim_next(HERE)
        finally:
            connection.close()

    got = [claim.training for claim in together(*[take] * 6) if claim]
    assert len(set(got)) == len(got) >= 1
    assert set(got) <= set(free)
    while claim := queue.claim_next(HERE):
        got.append(claim.training)
    assert wanted <= set(got)
    Training.objects.filter(pk__in=got).update(state=TrainingState.CANCELLED, lease_until=None)


def test_only_so_many_of_one_creator_even_when_workers_come_together(real: Studio, settings: Any) -> None:
    settings.TRAININGS_PER_CREATOR = 1
    before = list(Training.objects.filter(state__in=(TrainingState.QUEUED, *ACTIVE)).values_list("pk", flat=True))
    Training.objects.filter(pk__in=before).update(state=TrainingState.CANCELLED, lease_until=None)
    rows = [real.training() for _ in range(4)]
    got = [claim for claim in together(*[lambda: queue.claim_next(HERE)] * 4) if claim]
    Training.objects.filter(pk__in=[row.pk for row in rows]).update(state=TrainingState.CANCELLED, lease_until=None)
    assert len(got) == 1
