"""The check of the stand-in must itself be able to fail."""

from typing import Any

import pytest

from tests.devstack.openapi import check_answer, check_object, check_request

URL = "http://127.0.0.1/v1/refunds"
REFUND: dict[str, Any] = {"id": "re_1", "object": "refund", "amount": 1, "created": 1, "currency": "eur", "charge": None}


def test_a_good_object_passes() -> None:
    check_object(REFUND)


@pytest.mark.parametrize("change", [{"amount": "1"}, {"amount": None}, {"colour": "red"}, {"charge": 5}, {"charge": {"object": "charge"}}])
def test_a_bad_object_is_found(change: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check_object({**REFUND, **change})


@pytest.mark.parametrize("body", ["amount=many", "colour=red", "metadata=1", "reason=because", "expand=charge"])
def test_a_bad_request_is_found(body: str) -> None:
    with pytest.raises(AssertionError):
        check_request("post", URL, body)


def test_a_bad_filter_is_found() -> None:
    check_request("get", f"{URL}?limit=3&created[gte]=5", None)
    with pytest.raises(AssertionError):
        check_request("get", f"{URL}?limit=few", None)


def test_a_bad_error_is_found() -> None:
    check_answer("post", URL, 400, '{"error": {"type": "card_error"}}')
    with pytest.raises(AssertionError):
        check_answer("post", URL, 400, '{"error": {"type": "mood"}}')


def test_an_address_that_stripe_does_not_have_is_found() -> None:
    with pytest.raises(AssertionError):
        check_request("post", "http://127.0.0.1/v1/reimbursements", "")
