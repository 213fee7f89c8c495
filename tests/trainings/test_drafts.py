"""Drafts: what the wizard keeps between its pages."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from atelier.kit.refused import Refused
from atelier.trainings import actions, drafting
from atelier.trainings.models import Draft, Project, Training

from .real import Studio

USE = {"project": "Short", "stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}
KNOBS = {"steps": 4, "rank": 4, "alpha": 4.0, "learning_rate": 1e-3, "batch_size": 2, "checkpoint_every": 2}


def refused(code: str) -> "pytest.RaisesExc[Refused]":
    return pytest.raises(Refused, match=f"^{code}: ")


def begun(real: Studio) -> Draft:
    return drafting.open_draft(owner=real.world.bob, licence=real.licence(), dataset=real.dataset)


def settled(draft: Draft, **changes: Any) -> Draft:
    said: dict[str, Any] = {"name": "Neon", "use": USE, "knobs": KNOBS, "previews": [], "seed": 0, **changes}
    return drafting.settle(draft=draft, version=draft.version, **said)


def test_a_quote_stands_for_exactly_what_is_in_the_draft(real: Studio) -> None:
    draft = settled(begun(real))
    assert draft.quote and draft.quote.knobs["steps"] == 4
    assert drafting.call(draft=draft, version=draft.version, trigger="").quote == draft.quote, "nothing changed"
    assert drafting.call(draft=draft, version=draft.version, trigger="neon").quote is None


def test_settings_whose_quote_is_refused_leave_the_draft_as_it_was(real: Studio) -> None:
    draft = begun(real)
    projects = Project.objects.filter(owner=real.world.bob).count()
    with refused("RANK_ABOVE_TIER"):
        settled(draft, knobs={**KNOBS, "rank": 16 * 2})
    draft.refresh_from_db()
    assert (draft.version, draft.knobs, draft.quote) == (1, {}, None)
    assert Project.objects.filter(owner=real.world.bob).count() == projects


def test_the_same_declaration_is_declared_once(real: Studio) -> None:
    use = {**USE, "project": "Only once", "media": ["web", "social"]}
    draft = settled(begun(real), use=use)
    settled(draft, use={**use, "media": ["social", "web"]})
    assert Project.objects.filter(owner=real.world.bob, name="Only once").count() == 1


def test_a_change_from_a_page_that_is_behind_is_refused(real: Studio) -> None:
    draft = begun(real)
    drafting.call(draft=draft, version=1, trigger="neon")
    for change in (
        lambda: drafting.call(draft=draft, version=1, trigger="other"),
        lambda: drafting.choose(draft=draft, version=1, licence=draft.licence, dataset=None),
        lambda: drafting.renew(draft=draft, version=1),
    ):
        with refused("draft_changed"):
            change()


def test_only_the_holder_s_licence_and_her_own_dataset_can_be_chosen(real: Studio) -> None:
    theirs = real.licence()
    with refused("holder_only"):
        drafting.open_draft(owner=real.world.alice, licence=theirs)
    with refused("not_found"):
        drafting.open_draft(owner=real.world.carol, dataset=real.dataset)


def test_two_clicks_at_once_start_one_training(real: Studio) -> None:
    from django.db import connection

    draft = settled(begun(real))
    assert draft.quote

    def click(_: int) -> Any:
        try:
            return drafting.start(draft=draft, quote=draft.quote, by=real.world.bob).pk  # type: ignore[arg-type]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        started = set(pool.map(click, range(4)))
    assert started == {Training.objects.get(quote=draft.quote).pk}


def test_a_draft_that_became_a_training_changes_no_more(real: Studio) -> None:
    draft = settled(begun(real))
    assert draft.quote
    actions.start(quote=draft.quote, by=real.world.bob)  # as the API would
    for change in (
        lambda: drafting.call(draft=draft, version=draft.version, trigger="late"),
        lambda: drafting.renew(draft=draft, version=draft.version),
        lambda: drafting.discard(draft=draft),
    ):
        with refused("draft_started"):
            change()
    assert draft not in drafting.open_drafts(real.world.bob)


def test_the_clip_s_shape_stays_behind_when_the_base_changes(real: Studio) -> None:
    from tests.world import World

    draft = settled(begun(real), knobs={**KNOBS, "width": 32, "height": 32})
    other = World().licence(holder=real.world.bob)
    moved = drafting.choose(draft=draft, version=draft.version, licence=other, dataset=real.dataset)
    assert "width" not in moved.knobs and moved.knobs["steps"] == 4


def test_a_copy_holds_what_the_training_was_quoted_for(real: Studio) -> None:
    training = real.training(steps=6, previews=2)
    copied = drafting.copy(training=training, by=real.world.bob)
    quote = training.quote
    assert (copied.licence, copied.dataset, copied.knobs, copied.previews) == (quote.licence, quote.dataset, quote.knobs, quote.previews)
    assert drafting.copy(training=training, by=real.world.bob) == copied, "a second click finds it"
    assert drafting.renew(draft=copied, version=1).quote is not None
