"""Terms for programs: each tier revision and each licence at an address of its own, naming nobody."""

from typing import Any

import pytest
from django.test import Client

from atelier.catalog.models import BaseVersion
from atelier.licences.actions import revoke
from licensing import spdx
from tests.world import World

ODRL, SPDX = "application/ld+json", "application/spdx+json"


def get(public_id: str, accept: str = "") -> Any:
    return Client().get(f"/trust/policies/{public_id}", headers={"Accept": accept} if accept else {})


@pytest.mark.parametrize(
    ("suffix", "accept", "kind"), [(".jsonld", "", ODRL), (".spdx.json", "", SPDX), ("", ODRL, ODRL), ("", SPDX, SPDX)]
)
def test_a_tier_revision_and_a_licence_answer_in_the_form_that_is_asked_for(world: World, suffix: str, accept: str, kind: str) -> None:
    licence = world.licence()
    for row in (licence.revision, licence):
        answer = get(row.public_id + suffix, accept)
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
        assert "max-age" in answer["Cache-Control"] and answer["Access-Control-Allow-Origin"] == "*" and "Accept" in answer["Vary"]
        assert row.public_id in str(answer.json())


def test_a_revision_is_an_offer_to_nobody_and_a_licence_an_agreement_with_a_number(world: World) -> None:
    licence = world.licence()
    offer, agreed = (get(f"{row.public_id}.jsonld").json() for row in (licence.revision, licence))
    assert (offer["@type"], agreed["@type"]) == ("Offer", "Agreement")
    assert "assignee" not in offer and agreed["assignee"] == f"urn:atelier:licensee:{licence.number}"
    assert world.bob.email not in str(agreed) and world.bob.public_id not in str(agreed)
    assert {offer["dct:identifier"], agreed["dct:identifier"]} == {licence.terms.id}
    assert agreed["profile"].endswith("/trust/odrl.jsonld")
    assert "@graph" in Client().get("/trust/odrl.jsonld").json()


def test_the_spdx_document_explains_the_reference_that_files_carry(world: World) -> None:
    licence = world.licence()
    document = get(f"{licence.public_id}.spdx.json").json()
    [entry] = document["hasExtractedLicensingInfos"]
    assert entry["licenseId"] == document["name"] == spdx.reference(licence.terms)
    assert document["creationInfo"]["created"].endswith("Z")


def test_a_browser_is_led_to_the_text(world: World) -> None:
    licence = world.licence()
    for row in (licence.revision, licence):
        assert get(row.public_id, "text/html,*/*")["Location"].endswith(f"/tiers/{licence.revision.tier.public_id}/text")


def test_what_is_revoked_not_published_or_unknown_has_none(world: World) -> None:
    licence = world.licence()
    revoke(licence=licence, reason="x")
    assert get(f"{licence.public_id}.jsonld").status_code == 404
    BaseVersion.objects.filter(pk=world.version.pk).update(state="withdrawn")
    assert get(f"{licence.revision.public_id}.jsonld").status_code == 404
    for unknown in ("rev_" + "0" * 32, "lic_x", "x", "ttl_" + "0" * 32):
        assert get(f"{unknown}.jsonld").status_code == 404
