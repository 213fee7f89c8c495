"""The pages of takedowns: the desk's, a studio's, a creator's."""

from typing import Any

import pytest

from atelier.takedown import effect
from atelier.takedown.models import Takedown
from tests.visits import signed_in
from tests.world import World, run_outbox, two_step

from .scene import Scene, scene
from .test_takedown import down, upheld


@pytest.fixture
def stage(world: World) -> Scene:
    return scene(world)


def page(person: Any, path: str) -> str:
    answer = signed_in(person).get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_the_studio_sees_the_reach_before_anything_happens_and_no_names_of_creators(stage: Scene) -> None:
    shown = page(stage.world.alice, f"/en/studio/{stage.world.studio.public_id}/takedowns/reach/{stage.title.public_id}")
    assert "Custom models" in shown and stage.model.public_id in shown
    assert stage.model.name not in shown
    assert not Takedown.objects.exists()


def test_the_studio_takes_down_and_sees_how_far_it_is(stage: Scene) -> None:
    room = f"/studio/{stage.world.studio.public_id}/takedowns"
    client = signed_in(stage.world.alice)
    typed = {"reason": "The heirs have withdrawn it."}
    assert client.post(f"{room}/reach/{stage.title.public_id}", typed).status_code == 422
    assert not Takedown.objects.exists()
    answer = client.post(f"{room}/reach/{stage.title.public_id}", {**typed, "sure": "on"})
    row = Takedown.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{room}/{row.public_id}")
    assert "every 2s" in page(stage.world.alice, f"/en{room}/{row.public_id}")
    run_outbox()
    shown = page(stage.world.alice, f"/en{room}/{row.public_id}")
    assert "every 2s" not in shown and "The heirs have withdrawn it." in shown and "everything is done" in shown
    assert stage.title.name in page(stage.world.alice, f"/en{room}")
    again = client.post(f"{room}/reach/{stage.title.public_id}", {**typed, "sure": "on"}, follow=True)
    assert again.redirect_chain[-1][0] == f"{room}/{row.public_id}"
    assert client.post(f"{room}/{row.public_id}/lift", {"reason": "They agree."}).status_code == 302
    row.refresh_from_db()
    assert row.state == "lifted"


def test_the_desk_leads_from_an_upheld_notice_to_its_reach_and_to_the_deed(stage: Scene) -> None:
    staff = two_step(stage.world.person("staff", is_staff=True))
    case = upheld(stage, staff)
    shown = page(staff, f"/en/desk/{case.number}")
    reach = f"/en/desk/reach/{stage.title.public_id}?case={case.number}"
    assert reach in shown
    assert stage.model.name in page(staff, reach)
    assert signed_in(staff).post(reach, {"reason": "It is hers.", "sure": "on"}).status_code == 302
    row = Takedown.objects.get()
    assert row.case == case
    assert row.public_id in page(staff, f"/en/desk/{case.number}")
    assert case.number in page(staff, "/en/desk/takedowns")
    appealed = f"/studio/{stage.world.studio.public_id}/takedowns/{row.public_id}"
    assert "Ask for a second look" in page(stage.world.alice, f"/en{appealed}")
    assert signed_in(stage.world.alice).post(f"{appealed}/appeal", {"words": "It is ours."}).status_code == 302
    case.refresh_from_db()
    assert case.state == "appealed"
    assert "Ask for a second look" not in page(stage.world.alice, f"/en{appealed}")


def test_a_creator_takes_back_a_clip_from_her_dataset(stage: Scene) -> None:
    asset = stage.dataset.assets.order_by("pk")[0]
    assert f"/en/withdraw/{asset.public_id}" in page(stage.world.bob, f"/en/datasets/{stage.dataset.public_id}")
    assert stage.model.name in page(stage.world.bob, f"/en/withdraw/{asset.public_id}")
    answer = signed_in(stage.world.bob).post(f"/withdraw/{asset.public_id}", {"reason": "She no longer agrees.", "sure": "on"})
    assert answer.status_code == 302
    for language in ("", "/en"):
        assert "She no longer agrees." in page(stage.world.bob, language + answer["Location"])


def test_a_page_says_how_many_of_how_many(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effect, "BATCH", 1)
    row = down(stage)
    effect.follow(takedown=str(row.pk))
    effect.work(takedown=str(row.pk))
    lines = {line["kind"]: (line["done"], line["total"]) for line in effect.progress(row)}
    assert lines["training"] == (1, 2)
    assert lines["artifact"] == (0, 3)
