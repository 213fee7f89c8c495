import pytest

from atelier.devstack.stripe.app import LiveKey, from_environment
from atelier.devstack.stripe.errors import StripeError
from atelier.devstack.stripe.forms import parse


@pytest.mark.parametrize("name", ["STRIPE_API_KEY", "STRIPE_SECRET_KEY", "SOMEBODYS_KEY"])
def test_it_does_not_start_beside_a_live_key(name: str) -> None:
    with pytest.raises(LiveKey, match=name):
        from_environment({"STRIPE_API_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1", name: "sk_live_1"})


def test_forms_nest_objects_and_lists() -> None:
    body = "mode=payment&line_items[0][price_data][currency]=eur&line_items[1][quantity]=2&expand[]=a&expand[]=b&metadata[a%26b]=%C3%A9"
    assert parse(body) == {
        "mode": "payment",
        "line_items": [{"price_data": {"currency": "eur"}}, {"quantity": "2"}],
        "expand": ["a", "b"],
        "metadata": {"a&b": "é"},
    }


@pytest.mark.parametrize("body", ["a[b=1", "a]=1", "a=1&a[b]=2", "a" + "[b]" * 50 + "=1"])
def test_a_malformed_form_is_refused(body: str) -> None:
    with pytest.raises(StripeError):
        parse(body)
