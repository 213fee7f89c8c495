from typing import Any

import pytest
import stripe

from tests.devstack.shop import Shop


def test_a_customer_is_kept_as_it_was_given(shop: Shop) -> None:
    made = shop.client.v1.customers.create({"email": "bob@example.org", "name": "Bob", "metadata": {"user": "7"}})
    found = shop.client.v1.customers.retrieve(made.id)
    assert (found.email, found.name, found.metadata["user"], found.livemode) == ("bob@example.org", "Bob", "7", False)


def test_an_update_changes_only_what_it_names(shop: Shop) -> None:
    made = shop.client.v1.customers.create({"email": "bob@example.org", "metadata": {"a": "1"}})
    changed = shop.client.v1.customers.update(made.id, {"name": "Bob", "metadata": {"b": "2"}})
    assert (changed.email, changed.name) == ("bob@example.org", "Bob")
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}


def test_a_price_belongs_to_a_product(shop: Shop) -> None:
    product = shop.client.v1.products.create({"name": "Tier two"})
    price = shop.client.v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": 4900})
    assert (price.product, price.unit_amount, price.type) == (product.id, 4900, "one_time")
    assert [found.id for found in shop.client.v1.prices.list({"product": product.id})] == [price.id]


def test_a_price_never_changes_its_amount(shop: Shop) -> None:
    price = shop.client.v1.prices.create({"product_data": {"name": "Tier"}, "currency": "eur", "unit_amount": 4900})
    with pytest.raises(stripe.InvalidRequestError, match="unit_amount"):
        unchecked(shop, "post", f"/v1/prices/{price.id}", {"unit_amount": 1})


def test_a_product_may_bring_its_default_price(shop: Shop) -> None:
    product = shop.client.v1.products.create(
        {"name": "Tier", "default_price_data": {"currency": "eur", "unit_amount": 900}, "expand": ["default_price"]}
    )
    price: Any = product.default_price
    assert price.unit_amount == 900


def test_what_fails_leaves_nothing_behind(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        unchecked(shop, "post", "/v1/products", {"name": "Tier", "default_price_data": {"currency": "eur", "unit_amount": "many"}})
    assert shop.client.v1.products.list().data == []
    assert shop.events() == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"product_data": {"name": "x"}, "unit_amount": 1}, "currency"),
        ({"product_data": {"name": "x"}, "currency": "eur", "unit_amount": "1.5"}, "unit_amount"),
        ({"product_data": {"name": "x"}, "currency": "eur", "unit_amount": -1}, "unit_amount"),
        ({"product_data": {"name": "x"}, "currency": "eur", "unit_amount": 10**40}, "unit_amount"),
        ({"product_data": {"active": True}, "currency": "eur", "unit_amount": 1}, "product_data[name]"),
        ({"product_data": {"name": "x", "colour": "red"}, "currency": "eur", "unit_amount": 1}, "product_data[colour]"),
        ({"currency": "eur", "unit_amount": 1}, "product"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(shop: Shop, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        unchecked(shop, "post", "/v1/prices", fields)
    assert refusal.value.http_status == 400
    assert str(refusal.value.param).startswith(param)


def test_an_unknown_object_is_missing(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.products.retrieve("prod_of_nobody")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_an_unknown_address_is_refused_in_stripes_shape(shop: Shop) -> None:
    answer = shop.browser.get(f"{shop.url}/v1/unheard_of", headers={"Authorization": f"Bearer {shop.client._requestor.api_key}"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


def test_a_wrong_key_is_refused(shop: Shop) -> None:
    addresses: Any = {"api": shop.url}
    stranger = stripe.StripeClient("sk_test_of_somebody_else", base_addresses=addresses)
    with pytest.raises(stripe.AuthenticationError) as refusal:
        stranger.v1.customers.list()
    assert refusal.value.http_status == 401


def test_lists_are_paged_newest_first(shop: Shop) -> None:
    made = [shop.client.v1.customers.create({"email": f"{number}@example.org"}).id for number in range(7)]
    first = shop.client.v1.customers.list({"limit": 3})
    assert ([customer.id for customer in first], first.has_more) == (made[:3:-1], True)
    assert [customer.id for customer in first.auto_paging_iter()] == made[::-1]
    earlier = shop.client.v1.customers.list({"limit": 2, "ending_before": made[2]})
    assert [customer.id for customer in earlier] == [made[4], made[3]]


def unchecked(shop: Shop, method: str, path: str, fields: dict[str, Any]) -> Any:
    """Past our own check of requests, which would refuse these before the stand-in can."""
    addresses: Any = {"api": shop.url}
    careless = stripe.StripeClient(shop.client._requestor.api_key, base_addresses=addresses, max_network_retries=0)
    return careless.deserialize(careless.raw_request(method, path, **fields).data, api_mode="V1")
