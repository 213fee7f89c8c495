"""The register's pages: titles narrowed and added, what is said of their rights, performers."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from atelier.catalog import actions, rights
from atelier.catalog.models import HouseAdapter, Offering, Title
from tests.visits import signed_in, text
from tests.world import World

pytestmark = pytest.mark.django_db
EIDR = "10.5240/7791-8534-2C23-9030-8610-5"
SCOPE = {"uses": "Her face in films of this house.", "representation": "counsel"}


def page(world: World, rest: str = "", language: str = "/en") -> str:
    return f"{language}/studio/{world.studio.public_id}/titles{rest}"


@pytest.fixture
def alice_in(world: World) -> Client:
    return signed_in(world.alice)


@pytest.fixture
def title(world: World) -> Title:
    return rights.add_title(studio=world.studio, by=world.alice, name="Le Jour", year=1999, eidr=EIDR)


@pytest.mark.parametrize("language", ["", "/en"])
def test_an_empty_register_says_what_to_begin_with(world: World, language: str) -> None:
    answer = signed_in(world.alice).get(page(world, language=language))
    assert answer.status_code == 200 and 'class="empty"' in text(answer)


def test_titles_are_added_and_what_is_wrong_stands_at_its_field(world: World, alice_in: Client) -> None:
    assert "Le Jour" in text(alice_in.post(page(world), {"name": "Le Jour", "year": "1999", "eidr": EIDR.lower()}, follow=True))
    assert world.studio.titles.get().eidr == EIDR
    for eidr in ("x", EIDR[:-1] + "6", EIDR):
        wrong = alice_in.post(page(world), {"name": "Le Soir", "year": "12", "eidr": eidr})
        assert wrong.status_code == 422 and 'value="Le Soir"' in text(wrong)
    assert 'id="id_year_error"' in text(wrong)
    wrong = alice_in.post(page(world), {"name": "Le Soir", "eidr": EIDR})
    assert 'id="id_eidr_error"' in text(wrong) and "“Le Jour” has this EIDR already." in text(wrong)


def test_the_register_is_narrowed_by_words_and_by_state(world: World, alice_in: Client, title: Title) -> None:
    cleared = world.version.titles.get()
    for query, seen in (("?state=cleared", cleared), ("?state=pending", title), ("?q=jour", title), (f"?q={EIDR[-6:]}", title)):
        shown, other = text(alice_in.get(page(world) + query)), cleared if seen is title else title
        assert seen.public_id in shown and other.public_id not in shown, query
    assert "No title fits" in text(alice_in.get(page(world, "?q=nothing")))
    assert title.public_id in text(alice_in.get(page(world, "?state=nonsense")))


def test_a_clearance_is_said_with_its_grounds_and_the_history_stays(world: World, alice_in: Client, title: Title) -> None:
    where = page(world, f"/{title.public_id}")
    wrong = alice_in.post(f"{where}/clearance", {"state": "cleared", "evidence": "A contract."})
    assert wrong.status_code == 422 and 'id="id_basis_error"' in text(wrong) and "A contract." in text(wrong)
    paper = SimpleUploadedFile("chain.pdf", b"%PDF-1.4", "application/pdf")
    said = {"state": "cleared", "basis": "licensed", "evidence": "Contract 12.", "paper": paper}
    assert alice_in.post(f"{where}/clearance", said).status_code == 302
    alice_in.post(f"{where}/clearance", {"state": "excluded", "evidence": "A heir objects."})
    shown = text(alice_in.get(where))
    assert all(words in shown for words in ("Contract 12.", "A heir objects.", "chain.pdf", "Nothing may learn from it."))
    clearance = title.clearances.get(state="cleared")
    assert alice_in.get(page(world, f"/clearances/{clearance.public_id}/paper")).status_code == 302


def test_performers_are_recorded_named_for_a_title_and_taken_off(world: World, alice_in: Client, title: Title) -> None:
    assert alice_in.post(page(world, "/performers/new"), SCOPE | {"name": "Ada Example"}).status_code == 302
    her = world.studio.performers.get()
    where = page(world, f"/{title.public_id}")
    alice_in.post(f"{where}/cast", {"performer": her.public_id, "role": "Nora"})
    assert "Ada Example" in text(alice_in.get(where)) and "Nora" in text(alice_in.get(page(world, f"/performers/{her.public_id}")))
    alice_in.post(f"{where}/cast", {"off": her.public_id})
    assert not title.performers.exists()
    revised = alice_in.post(page(world, f"/performers/{her.public_id}"), SCOPE | {"representation": "union"}, follow=True)
    assert "recorded anew" in text(revised)
    where = f"/en/studio/{world.studio.public_id}/takedowns/reach/{her.public_id}"
    assert f'href="{where}"' in text(alice_in.get(page(world, f"/performers/{her.public_id}")))
    alice_in.post(where, {"reason": "She has changed her mind.", "sure": "on"})
    assert "consent taken back" in text(alice_in.get(page(world, "/performers")))


def test_a_performer_is_not_recorded_without_what_was_agreed_to(world: World, alice_in: Client) -> None:
    for change, field in (({"uses": "all"}, "uses"), ({"deceased": "on"}, "estate"), ({"name": ""}, "name")):
        answer = alice_in.post(page(world, "/performers/new"), {"name": "Ada", **SCOPE, **change})
        assert answer.status_code == 422 and f'id="id_{field}_error"' in text(answer)


def test_an_auditor_reads_and_changes_nothing(world: World, title: Title) -> None:
    dave = signed_in(world.dave)
    for rest, offered in (("", "Add a title"), (f"/{title.public_id}", "Say what is so now"), ("/performers", "Record a performer")):
        answer = dave.get(page(world, rest))
        assert answer.status_code == 200 and offered not in text(answer)
    assert dave.post(page(world, f"/{title.public_id}/clearance"), {"state": "pending"}).status_code == 403


def test_a_title_of_another_studio_is_not_found_in_this_one(world: World, alice_in: Client) -> None:
    other = World().version.titles.get()
    assert alice_in.get(page(world, f"/{other.public_id}")).status_code == 404


def test_an_offering_is_opened_over_base_and_house_adapter(world: World, alice_in: Client) -> None:
    title = world.version.titles.get()
    adapter = HouseAdapter.objects.create(version=world.version, name="Night look", state="published", key="x", bytes=1, sha256="1" * 64)
    adapter.titles.add(title)
    where = f"/en/studio/{world.studio.public_id}/offers"
    assert "+ Night look" in text(alice_in.get(where))
    assert alice_in.post(where, {"version": adapter.public_id, "name": "By night"}).status_code == 302
    assert Offering.objects.get(name="By night").adapter == adapter
    assert "Night look" in text(alice_in.get(f"/en/studio/{world.studio.public_id}/bases"))


def test_the_tier_editor_offers_the_whole_register_and_the_public_pages_list_what_is_left_out(
    world: World, alice_in: Client, client: Client, title: Title
) -> None:
    tier = world.tier(titles_excluded=["Le Jour"])
    offering = world.offering.public_id
    editor = text(alice_in.get(f"/en/studio/{world.studio.public_id}/offers/{offering}/tiers/new"))
    assert 'value="Le Jour"' in editor and 'value="La Nuit claire"' in editor
    for where in (f"/en/tiers/{tier.public_id}", f"/en/catalogue/{offering}/tiers"):
        assert "Titles left out" in text(client.get(where)) and "Le Jour" in text(client.get(where))
    assert actions.complete_terms(world.offering, {**world.terms(), "titles_excluded": ["Le Jour"]}).titles_excluded == ("Le Jour",)
