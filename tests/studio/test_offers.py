"""The studio's base models, offerings and tiers on pages: what is shown, what an edit changes, and who may."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from atelier.catalog.models import BaseFile, BaseModel, BaseVersion, Offering, Sample, Tier
from licensing.text import licence_document, summary
from tests.pages.test_public import Read
from tests.visits import signed_in
from tests.world import World, run_outbox

pytestmark = pytest.mark.django_db
TYPED: dict[str, Any] = {
    "name": "Plateau",
    "price": "490.50",
    "currency": "EUR",
    "stages": ["production", "release"],
    "commercial": "on",
    "may_sell_outputs": "on",
    "revenue_cap": "",
    "cap_currency": "EUR",
    "may_train": "on",
    "training_hours": "1.5",
    "max_clips": "200",
    "max_resolution": "512",
    "max_steps": "2000",
    "max_rank": "16",
    "concurrent_trainings": "2",
    "likeness": "consented",
    "may_download": "on",
    "channels": ["web"],
    "where": "countries",
    "territories": ["FR", "BE"],
    "period_days": "",
    "seats": "2",
    "credit_line": "",
    "royalty": "2.5",
}


def page(world: World, rest: str = "", language: str = "en") -> str:
    return f"{'/en' if language == 'en' else ''}/studio/{world.studio.public_id}/{rest}"


def of_tier(world: World, tier: Tier, rest: str = "") -> str:
    return page(world, f"offers/{world.offering.public_id}/tiers/{tier.public_id}{rest}")


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def typed_from(answer: Any) -> dict[str, Any]:
    """What a browser would send of the page's forms: hidden and filled fields."""
    found: dict[str, Any] = {}
    for field in Read(answer.content.decode()).every("input"):
        name, kind = field.get("name"), field.get("type")
        if name and (kind not in ("checkbox", "radio") or "checked" in field):
            found.setdefault(name, []).append(field.get("value", "on" if kind == "checkbox" else "") or "")
    return found


def test_a_tier_is_worded_on_a_page_and_stands_in_the_catalogue(world: World, client: Client) -> None:
    alice = signed_in(world.alice)
    new = page(world, f"offers/{world.offering.public_id}/tiers/new")
    assert alice.get(new).status_code == 200
    answer = alice.post(new, TYPED | {"do": "save"})
    assert answer.status_code == 302
    tier = Tier.objects.get(offering=world.offering, name="Plateau")
    terms, price = tier.current.terms, tier.current.price
    assert answer["Location"] == of_tier(world, tier)
    assert (price.amount, price.currency, terms.training_seconds, terms.royalty_bps) == (49_050, "EUR", 5400, 250)
    assert (terms.territories, terms.period_days, terms.stages, terms.credit_line) == (("BE", "FR"), None, ("production", "release"), None)
    assert "Plateau" in text_of(client.get(f"/en/catalogue/{world.offering.public_id}"))


def test_the_preview_shows_both_languages_and_makes_nothing(world: World) -> None:
    alice = signed_in(world.alice)
    new = page(world, f"offers/{world.offering.public_id}/tiers/new")
    answer = alice.post(new, TYPED | {"do": "preview"})
    text = text_of(answer)
    assert answer.status_code == 200 and not Tier.objects.filter(offering=world.offering).exists()
    alice.post(new, TYPED)
    terms = Tier.objects.get(offering=world.offering).current.terms
    for language in ("fr", "en"):
        may, may_not = summary(terms, language)
        assert all(phrase in text for phrase in may + may_not)
        assert all(clause.heading in text for clause in licence_document(terms, language).clauses)


def test_a_preview_of_what_is_not_in_order_says_what_is_missing(world: World) -> None:
    answer = signed_in(world.alice).post(
        page(world, f"offers/{world.offering.public_id}/tiers/new"), {**TYPED, "seats": "0", "do": "preview"}
    )
    assert answer.status_code == 200 and 'href="#id_seats"' in text_of(answer)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"price": "0.49"}, "price"),
        ({"price": "1.001"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"currency": "XBT"}, "currency"),
        ({"commercial": ""}, "may_sell_outputs"),
        ({"territories": []}, "territories"),
        ({"territories": ["XX"]}, "territories"),
        ({"max_rank": ""}, "max_rank"),
        ({"seats": "0"}, "seats"),
        ({"period_days": "99999"}, "period_days"),
        ({"credit_line": "a\u202eb"}, "credit_line"),
        ({"royalty": "101"}, "royalty"),
        ({"titles_excluded": ["Not ours"]}, "titles_excluded"),
        ({"stages": ["dreams"]}, "stages"),
        ({"name": "x\u0000"}, "name"),
    ],
)
def test_an_error_stands_at_its_field_and_what_was_typed_stays(world: World, change: dict[str, Any], field: str) -> None:
    typed = {**TYPED, **change}
    typed = {name: value for name, value in typed.items() if value != "" or name != "commercial"}
    answer = signed_in(world.alice).post(page(world, f"offers/{world.offering.public_id}/tiers/new"), typed)
    text = text_of(answer)
    assert answer.status_code == 422 and f'id="id_{field}_error"' in text
    assert 'value="1.5"' in text and not Tier.objects.filter(offering=world.offering).exists()


def test_two_tiers_of_one_name_are_refused_at_the_name(world: World) -> None:
    alice, new = signed_in(world.alice), page(world, f"offers/{world.offering.public_id}/tiers/new")
    alice.post(new, TYPED)
    answer = alice.post(new, TYPED)
    assert answer.status_code == 422 and 'id="id_name_error"' in text_of(answer)


def test_an_unchanged_edit_is_no_revision(world: World) -> None:
    """Whatever the terms, the form gives back what it was given."""
    alice = signed_in(world.alice)
    cap = {"amount": 1_234_567, "currency": "USD"}
    odd = {"training_seconds": 3601, "revenue_cap": cap, "royalty_bps": 1, "titles_excluded": ["La Nuit claire"], "territories": ["FR"]}
    now = {"version": 2, "priority": True, "concurrent_trainings": 3}
    without_end = world.tier(**now, credit_line="Lumen © é", period_days=None, price=99, currency="USD")
    for tier in (world.tier(**now), world.tier(**now, **odd), without_end):
        edit = of_tier(world, tier, "/edit")
        answer = alice.post(edit, {**typed_from(alice.get(edit)), **selects(alice.get(edit)), "do": "save"}, follow=True)
        assert "Nothing changed" in text_of(answer) and tier.revisions.count() == 1


def test_a_tier_from_before_the_lanes_is_shown_what_an_edit_adds(world: World) -> None:
    alice, tier = signed_in(world.alice), world.tier(version=1)
    text = text_of(edited(world, tier, alice, concurrent_trainings="3", priority="on"))
    assert "These terms do not say how many trainings may be at work at once." in text
    assert "Up to 3 trainings under this licence" in text and "wait in the priority lane" in text


def selects(answer: Any) -> dict[str, str]:
    return dict(re.findall(r'<select name="(\w+)".*?<option value="([^"]*)" selected', answer.content.decode(), re.DOTALL))


def edited(world: World, tier: Tier, alice: Client, **changes: str) -> Any:
    edit = of_tier(world, tier, "/edit")
    shown = alice.get(edit)
    return alice.post(edit, {**typed_from(shown), **selects(shown), **changes, "do": "save"})


def test_an_edit_is_shown_before_it_counts_and_then_is_a_revision(world: World) -> None:
    alice, licence = signed_in(world.alice), world.licence()
    tier = licence.revision.tier
    compared = edited(world, tier, alice, seats="7", price="59")
    text = text_of(compared)
    assert compared.status_code == 200 and tier.revisions.count() == 1
    assert "Up to 7 people may use this licence" in text and "€59" in text and "1 licence was sold" in text
    answer = alice.post(of_tier(world, tier, "/edit"), {**typed_from(compared), "do": "save"})
    assert answer.status_code == 302
    assert (tier.current.number, tier.current.terms.seats, tier.current.price.amount) == (2, 7, 5900)
    licence.refresh_from_db()
    assert licence.terms.seats == 1 and licence.revision.number == 1
    history = text_of(alice.get(of_tier(world, tier)))
    assert "Revision 2" in history and "Revision 1" in history and tier.current.terms_id in history


def test_two_who_edit_at_once_see_each_others_revision_first(world: World) -> None:
    alice, tier = signed_in(world.alice), world.tier()
    compared = edited(world, tier, alice, seats="7")
    other = edited(world, tier, alice, seats="3")
    alice.post(of_tier(world, tier, "/edit"), {**typed_from(other), "do": "save"})
    late = alice.post(of_tier(world, tier, "/edit"), {**typed_from(compared), "do": "save"})
    assert late.status_code == 200 and "revised this tier meanwhile" in text_of(late)
    assert tier.revisions.count() == 2
    assert alice.post(of_tier(world, tier, "/edit"), {**typed_from(late), "do": "save"}).status_code == 302


def test_a_tier_is_closed_and_put_on_sale_again(world: World, client: Client) -> None:
    alice, tier = signed_in(world.alice), world.tier()
    assert alice.post(of_tier(world, tier, "/switch"), {"do": "close"}).status_code == 302
    tier.refresh_from_db()
    assert not tier.open
    assert "off sale" in text_of(alice.get(page(world, "offers")))
    assert edited(world, tier, alice, seats="3").status_code == 409
    alice.post(of_tier(world, tier, "/switch"), {"do": "reopen"})
    tier.refresh_from_db()
    assert tier.open


def test_sales_are_counted(world: World) -> None:
    licence = world.licence()
    text = text_of(signed_in(world.alice).get(page(world, "offers")))
    assert licence.revision.tier.name in text and '<progress value="1" max="1"' in text


def test_an_offering_is_opened_over_a_published_version_only(world: World) -> None:
    alice = signed_in(world.alice)
    draft = BaseVersion.objects.create(base=world.version.base, version="2", family="wan", height=32, width=32, frames=9, fps=8)
    answer = alice.post(page(world, "offers"), {"version": world.version.public_id, "name": "م" * 200})
    offering = Offering.objects.get(studio=world.studio)
    assert answer["Location"] == page(world, f"offers/{offering.public_id}/tiers/new")
    assert alice.get(answer["Location"]).status_code == 200
    assert alice.post(page(world, "offers"), {"version": draft.public_id, "name": "x"}).status_code == 422
    assert alice.post(page(world, "offers"), {"version": world.version.public_id, "name": ""}).status_code == 422


def test_each_state_of_a_version_says_what_comes_next(world: World) -> None:
    alice, words = signed_in(world.alice), {}
    base = BaseModel.objects.create(studio=world.studio, name="Nox")
    shape = {"family": "wan", "height": 32, "width": 32, "frames": 9, "fps": 8}
    for state in ("draft", "checking", "refused", "published", "withdrawn"):
        version = BaseVersion.objects.create(base=base, version=state, state=state, problem=f"{state}.safetensors is broken.", **shape)
        BaseFile.objects.create(
            version=version, path="a.safetensors", key=version.id.hex, bytes=3, sha256="0" * 64, complete=state != "draft"
        )
        words[state] = version.public_id
    text = text_of(alice.get(page(world, "bases")))
    assert all(public_id in text for public_id in words.values())
    assert "1 file has not arrived yet" in text and "refused.safetensors is broken." in text and "being checked" in text
    assert f"/bases/{words['refused']}/publish" in text and f"/bases/{words['draft']}/publish" not in text
    answer = alice.post(page(world, f"bases/{words['refused']}/publish"))
    assert answer.status_code == 302
    assert BaseVersion.objects.get(version="refused", base=base).state == "checking"
    assert alice.post(page(world, f"bases/{words['draft']}/publish")).status_code == 409


def test_samples_are_listed_and_removed(world: World) -> None:
    row = Sample.objects.create(version=world.version, prompt="a red circle", order=1, key="x", bytes=1, sha256="0" * 64)
    alice = signed_in(world.alice)
    assert "a red circle" in text_of(alice.get(page(world, "bases")))
    assert alice.post(page(world, f"samples/{row.public_id}/remove")).status_code == 302
    run_outbox()
    assert not Sample.objects.filter(pk=row.pk).exists()


def test_the_script_that_sends_a_base_is_python_and_names_the_studio(world: World) -> None:
    answer = signed_in(world.alice).get(page(world, "bases/send_base.py"))
    text = answer.content.decode()
    compile(text, "send_base.py", "exec")
    assert world.studio.public_id in text and "@S" not in text and "attachment" in answer["Content-Disposition"]


def writes(world: World, tier: Tier) -> list[tuple[str, dict[str, Any]]]:
    offering, version = world.offering.public_id, world.version.public_id
    return [
        (page(world, "titles"), {"name": "x"}),
        (page(world, f"bases/{version}/publish"), {}),
        (page(world, "offers"), {"version": version, "name": "x"}),
        (page(world, f"offers/{offering}/tiers/new"), TYPED),
        (of_tier(world, tier, "/edit"), TYPED),
        (of_tier(world, tier, "/switch"), {"do": "close"}),
    ]


def test_an_auditor_sees_everything_and_changes_nothing(world: World) -> None:
    dave, tier = signed_in(world.dave), world.tier()
    for rest in ("bases", "offers", f"offers/{world.offering.public_id}/tiers/{tier.public_id}"):
        text = text_of(dave.get(page(world, rest)))
        content = text[text.index("<main") : text.index("</main>")]
        assert "<form" not in content and "<button" not in content and "/edit" not in content and "/new" not in content, rest
    for where, body in writes(world, tier):
        assert dave.post(where, body).status_code == 403, where
    assert dave.get(of_tier(world, tier, "/edit")).status_code == 403
    tier.refresh_from_db()
    assert tier.open and tier.revisions.count() == 1


def test_strangers_find_nothing_and_ids_of_two_studios_do_not_mix(world: World) -> None:
    other, tier = World(), world.tier()
    mixed = page(other, f"offers/{world.offering.public_id}/tiers/{tier.public_id}")
    foreign = [page(world, "bases"), page(world, "offers"), of_tier(world, tier), of_tier(world, tier, "/edit")]
    assert [signed_in(other.alice).get(where).status_code for where in [mixed, *foreign]] == [404] * 5
    assert signed_in(other.alice).post(f"{mixed}/switch", {"do": "close"}).status_code == 404
    assert Client().get(foreign[0])["Location"].startswith("/en/accounts/login/")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_pages_speak_the_readers_language_and_hold_nothing_inline(world: World, language: str) -> None:
    alice, tier = signed_in(world.alice), world.tier()
    offering = world.offering.public_id
    for rest in ("bases", "offers", f"offers/{offering}/tiers/new", f"offers/{offering}/tiers/{tier.public_id}"):
        answer = alice.get(page(world, rest, language))
        read = Read(answer.content.decode())
        assert answer.status_code == 200 and read.every("html")[0]["lang"] == language and not read.inline(), rest
        assert len(read.every("h1")) == 1, rest


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(world: World, client: Client) -> None:
    new = page(world, f"offers/{world.offering.public_id}/tiers/new")
    client.post(new, TYPED | {"credit_line": "Made with Lumen"})
    client.force_login(world.alice)
    assert "Made with Lumen" in text_of(client.get(new))


def test_the_empty_room_says_the_first_step(world: World) -> None:
    alice = signed_in(world.alice)
    assert "No base model yet" in text_of(alice.get(page(world, "bases")))
    assert "there is none yet. Bring one first" in text_of(alice.get(page(world, "offers")))
