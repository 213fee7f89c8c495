"""The licence as other people's tools name it: an SPDX licence expression (SPDX 2.3 annex D) and the licence that it refers to."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from licensing.context import aware
from licensing.terms import Terms
from licensing.text import licence_text

_SIMPLE = re.compile(r"[A-Za-z0-9.-]+\+?")
_OPERATORS = frozenset({"AND", "OR", "WITH"})


class BadExpression(ValueError):
    """Not a licence identifier that can stand in an expression."""


def reference(terms: Terms) -> str:
    """A LicenseRef that holds the whole id of the terms, so that it means the same in every file."""
    return "LicenseRef-Atelier-" + terms.id.replace(":", "-")


def expression(terms: Terms, also: Sequence[str] = ()) -> str:
    """These terms, together with the identifiers of licences that hold at the same time (those of the base model's own sources)."""
    for name in also:
        if not _SIMPLE.fullmatch(name) or name.upper() in _OPERATORS:
            raise BadExpression(f"{name!r} is not an SPDX licence identifier.")
    return " AND ".join([*dict.fromkeys(also), reference(terms)])


def extracted_licence(terms: Terms, language: str) -> dict[str, Any]:
    """The entry of `hasExtractedLicensingInfos` that an SPDX document needs beside the reference."""
    return {
        "licenseId": reference(terms),
        "name": f"{terms.offering}, {terms.grantor}",
        "extractedText": licence_text(terms, language),
    }


def document(terms: Terms, address: str, created: datetime, language: str) -> dict[str, Any]:
    """An SPDX 2.3 document that holds nothing but the licence, at `address`, for whatever refers to it."""
    at = aware("created", created).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": reference(terms),
        "documentNamespace": address,
        "creationInfo": {"created": at, "creators": ["Tool: Atelier"]},
        "hasExtractedLicensingInfos": [extracted_licence(terms, language)],
    }
