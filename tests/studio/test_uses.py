"""What a studio reads about the use of its titles: the same filters hold for rows, totals and drawing."""

from typing import Any
from uuid import UUID

import pytest

from atelier.licences.models import Licence
from atelier.studio.queries import Asked, Uses
from tests.world import World

from .busy import Busy

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(world: World) -> Busy:
    return Busy(world)


def kinds(studio: Any, **asked: Any) -> list[str]:
    return [use.kind for use in Uses(studio, Asked(**asked))]


def test_trainings_downloads_and_bases_stand_in_one_list_newest_first(world: World, busy: Busy) -> None:
    licence = busy.licence(may_download_base=True)
    training = busy.training(licence, days_ago=3)
    model = busy.model(training)
    busy.download(model, days_ago=1)
    Licence.objects.filter(pk=licence.pk).update(base_taken_at=busy.now)
    found = list(Uses(world.studio, Asked()))
    assert [use.kind for use in found] == ["base_download", "download", "training"]
    assert {use.who for use in found} == {world.bob.public_id}
    assert found[2].model == found[1].model == model.public_id
    assert found[2].declared["media"] == ["web"] and found[0].declared == {}
    assert [title.name for title in found[0].ware.titles] == ["La Nuit claire"]
    totals = Uses(world.studio, Asked()).totals()
    assert (totals.uses, totals.seconds, totals.creators, totals.models) == (3, 60, 1, 1)


def test_every_filter_narrows(world: World, busy: Busy) -> None:
    one, other = busy.licence(), busy.licence(holder=world.carol)
    busy.training(one, days_ago=2)
    busy.download(busy.model(busy.training(other, days_ago=40, state="done")), days_ago=5, ready=False)
    assert kinds(world.studio) == ["training", "download", "training"]
    assert kinds(world.studio, who=world.carol.pk) == ["download", "training"]
    assert kinds(world.studio, tier=one.revision.tier_id) == ["training"]
    assert kinds(world.studio, kind="download") == ["download"]
    assert kinds(world.studio, state="preparing") == ["download"]
    title: UUID = world.version.titles.get().pk
    assert len(kinds(world.studio, title=title)) == 3
    assert kinds(world.studio, title=world.studio.pk) == []
    day = busy.now.date()
    assert kinds(world.studio, until=day) == ["training", "download", "training"]
    assert len(kinds(world.studio, since=day)) == 0
    for sort in ("at", "-who", "called", "-status", "seconds", "kind"):
        assert len(kinds(world.studio, sort=sort)) == 3
    uses = Uses(world.studio, Asked(who=world.carol.pk))
    assert sum(uses.drawn("day", "uses").values()) == 2
    assert sum(uses.drawn("month", "seconds").values()) == 60
    first, last = uses.days() or (None, None)
    assert first and last and (last - first).days == 35


def test_another_studios_uses_are_not_among_them(world: World, busy: Busy) -> None:
    other = Busy(World())
    other.training(other.licence())
    assert kinds(world.studio) == []
    assert Uses(world.studio, Asked()).totals().uses == 0
