"""Who is next: it goes round between creators, in two lines; a licence has so many at work at once; workers get what fits."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from atelier.accounts.models import User
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.trainings import line, operation, queue, words
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
    count = iter(range(1000))

    def put(owner: User, **more: Any) -> Training:
        twin = Quote.objects.create(**{field.name: getattr(wish, field.name) for field in Quote._meta.fields if field.name not in OWN})
        row = Training.objects.create(owner=owner, quote=twin, since=database_now(), steps=20, **{"licence": wish.licence, **more})
        Training.objects.filter(pk=row.pk).update(created_at=database_now() - timedelta(hours=1) + timedelta(seconds=next(count)))
        row.refresh_from_db()
        return row

    return put


@pytest.fixture
def creators(real: Studio, alone: None) -> list[User]:
    return [real.world.person(f"creator{number}-{id(alone)}-{real.world.tag}") for number in range(3)]


@pytest.fixture
def fast(wish: Quote, alone: None, real: Studio) -> Licence:
    """Whose trainings wait in the priority lane."""
    return real.licence(version=2, priority=True, concurrent_trainings=100)


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


def test_the_priority_lane_comes_first_and_goes_round_too(waits: Waits, creators: list[User], fast: Licence) -> None:
    ann, ben, cid = creators
    plain = waits(ann)
    hers, more, his = (waits(who, licence=fast, priority=True, at_once=100) for who in (ben, ben, cid))
    lane = [hers, his, more, plain]
    assert numbers(*lane) == [1, 2, 3, 4]
    assert order(5) == [row.pk for row in lane] + [None]


def test_after_three_of_the_lane_comes_one_of_the_ordinary_line(waits: Waits, creators: list[User], fast: Licence) -> None:
    plain = [waits(creators[0]) for _ in range(2)]
    lane = [waits(creators[1], licence=fast, priority=True, low=1, high=2) for _ in range(8)]
    fair = [*lane[:3], plain[0], *lane[3:6], plain[1], *lane[6:]]
    assert numbers(*fair) == list(range(1, 11))
    assert line.place(plain[1]) == line.Place(8, 6, 12)
    assert order(10) == [row.pk for row in fair]


def test_the_ordinary_line_never_starves(waits: Waits, creators: list[User], fast: Licence) -> None:
    """However many come into the lane meanwhile."""
    plain, taken = waits(creators[0]), []
    while plain.pk not in taken:
        waits(creators[1], licence=fast, priority=True), waits(creators[2], licence=fast, priority=True)
        taken += order(1)
    assert len(taken) <= line.IN_A_ROW + 1


def test_it_is_the_ordinary_lines_turn_until_a_worker_that_fits_takes_it(waits: Waits, creators: list[User], fast: Licence) -> None:
    plain = waits(creators[0], family="wan")
    lane = [waits(creators[1], licence=fast, priority=True, family="z_image") for _ in range(5)]
    assert order(4, Slot("z:1", 0, 0, families=("z_image",))) == [row.pk for row in lane[:4]]
    assert numbers(plain, lane[4]) == [1, 2]
    assert order(2) == [plain.pk, lane[4].pk]


def test_positions_are_the_order_of_claims_whatever_waits(waits: Waits, creators: list[User], fast: Licence, real: Studio) -> None:
    dice = random.Random(7)
    other = real.licence(version=2, priority=False, concurrent_trainings=100)
    kinds: list[dict[str, Any]] = [{}, {"licence": other, "at_once": 100}, {"licence": fast, "priority": True, "at_once": 100}]
    rows = [waits(dice.choice(creators), **dice.choice(kinds), low=dice.randint(1, 9)) for _ in range(24)]
    order(3)
    left = [row for row in rows if Training.objects.get(pk=row.pk).state == TrainingState.QUEUED]
    places = {row.pk: line.place(row) for row in left}
    taken = order(len(left))
    assert [places[pk].number for pk in taken] == list(range(1, len(left) + 1))
    lows = {row.pk: row.low for row in left}
    assert [places[pk].low for pk in taken] == [sum(lows[before] for before in taken[:at]) for at in range(len(taken))]


def test_a_licence_has_at_most_so_many_at_work_and_says_so(waits: Waits, creators: list[User], real: Studio) -> None:
    ann, ben, _ = creators
    small = real.licence(version=2, priority=False, concurrent_trainings=2)
    first, second, third = (waits(ann, licence=small, at_once=2) for _ in range(3))
    shared, other, his = waits(ben, licence=small, at_once=2), waits(ann), waits(ben)
    assert operation.why(third, [HERE], third.since) == "next"
    assert order(5) == [first.pk, shared.pk, other.pk, his.pk, None]  # in turns; one licence counts for all who share it
    assert operation.why(second, [HERE], second.since) == "licence"
    assert words.waits(second, "licence").startswith("2 trainings of this licence are at work already, as many as its terms allow")
    assert numbers(second, third) == [1, 2]
    expire(first)
    assert order(2) == [first.pk, None]  # what lost its worker has kept its place
    Training.objects.filter(pk=first.pk).update(state=TrainingState.CANCELLED, lease_until=None)
    assert order(2) == [second.pk, None]


def test_what_may_not_be_taken_yet_is_not_counted_before_others(waits: Waits, creators: list[User], real: Studio) -> None:
    ann, ben, _ = creators
    single = real.licence(version=2, priority=False, concurrent_trainings=1)
    many = [waits(ann, licence=single, at_once=1) for _ in range(4)]
    order(1)
    late = [waits(ben) for _ in range(2)]
    assert numbers(*late) == [1, 2]
    assert order(3) == [late[0].pk, late[1].pk, None]
    assert numbers(*many[1:]) == [1, 2, 3]


def test_a_training_takes_its_place_in_the_line_from_its_terms(real: Studio, alone: None) -> None:
    row = real.training(licence=real.licence(version=2, priority=True, concurrent_trainings=2))
    assert (row.priority, row.at_once) == (True, 2)
    plain = real.training(licence=real.licence(version=1))
    assert (plain.priority, plain.at_once) == (False, 0)


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


def test_only_so_many_of_one_licence_even_when_workers_come_together(real: Studio) -> None:
    before = list(Training.objects.filter(state__in=(TrainingState.QUEUED, *ACTIVE)).values_list("pk", flat=True))
    Training.objects.filter(pk__in=before).update(state=TrainingState.CANCELLED, lease_until=None)
    small = real.licence(version=2, priority=False, concurrent_trainings=2)
    rows = [real.training(licence=small) for _ in range(4)]
    got = [claim for _ in range(2) for claim in together(*[lambda: queue.claim_next(HERE)] * 4) if claim]
    Training.objects.filter(pk__in=[row.pk for row in rows]).update(state=TrainingState.CANCELLED, lease_until=None)
    assert len(got) == 2
