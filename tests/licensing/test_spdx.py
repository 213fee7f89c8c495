import re

import pytest
from hypothesis import given, settings

from licensing.spdx import BadExpression, expression, extracted_licence, reference
from licensing.terms import Terms
from licensing.text import licence_text
from tests.licensing.cases import GENEROUS, MIDDLING, terms

# SPDX 2.3, annex D: license-ref = ["DocumentRef-" idstring ":"] "LicenseRef-" idstring; idstring = 1*(ALPHA / DIGIT / "-" / ".")
LICENCE_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")


@given(terms)
@settings(max_examples=30)
def test_every_terms_value_has_a_valid_reference(value: Terms) -> None:
    assert LICENCE_REF.fullmatch(reference(value))
    assert expression(value) == reference(value)


def test_different_terms_have_different_references() -> None:
    assert reference(GENEROUS) != reference(MIDDLING)


def test_it_joins_the_licences_that_hold_at_the_same_time() -> None:
    assert expression(GENEROUS, ["Apache-2.0", "GPL-2.0+", "Apache-2.0"]) == f"Apache-2.0 AND GPL-2.0+ AND {reference(GENEROUS)}"


@pytest.mark.parametrize("name", ["", "MIT OR Apache-2.0", "AND", "with", "a b", "MIT)", "é"])
def test_it_refuses_what_is_no_identifier(name: str) -> None:
    with pytest.raises(BadExpression):
        expression(GENEROUS, [name])


def test_the_reference_is_explained_by_the_licence_text() -> None:
    entry = extracted_licence(MIDDLING, "fr")
    assert entry["licenseId"] == reference(MIDDLING)
    assert entry["extractedText"] == licence_text(MIDDLING, "fr")
