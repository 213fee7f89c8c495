"""Customers, products and prices."""

from typing import Any

from atelier.devstack.stripe.errors import invalid
from atelier.devstack.stripe.params import Params
from atelier.devstack.stripe.store import Store, Thing


def create_customer(store: Store, params: Params) -> Thing:
    fields = {
        "address": params.recorded("address"),
        "balance": 0,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.text("description"),
        "discount": None,
        "email": params.text("email"),
        "invoice_settings": {"custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None},
        "metadata": params.metadata(),
        "name": params.text("name"),
        "next_invoice_sequence": 1,
        "phone": params.text("phone"),
        "preferred_locales": params.texts("preferred_locales"),
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    params.done()
    customer = store.add("customer", fields)
    store.emit("customer.created", customer)
    return customer


def update_customer(store: Store, identifier: str, params: Params) -> Thing:
    customer = store.get("customer", identifier)
    _update(customer, params, texts=("description", "email", "name", "phone"), recorded=("address",))
    store.emit("customer.updated", customer)
    return customer


def create_product(store: Store, params: Params) -> Thing:
    product = _add_product(store, params, identifier=params.text("id"))
    default_price = params.object("default_price_data")
    if default_price:
        product["default_price"] = _add_price(store, default_price, product["id"])["id"]
    params.done()
    store.emit("product.created", product)
    return product


def _add_product(store: Store, params: Params, identifier: str | None = None) -> Thing:
    if identifier and store.find(identifier):
        raise invalid(f"Product already exists: {identifier}", param="id", code="resource_already_exists")
    fields = {
        "active": params.flag("active", True),
        "default_price": None,
        "description": params.text("description"),
        "images": params.texts("images"),
        "marketing_features": [],
        "metadata": params.metadata(),
        "name": params.required("name"),
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": params.text("tax_code"),
        "unit_label": None,
        "url": None,
    }
    product = store.add("product", fields, identifier=identifier)
    product["updated"] = product["created"]
    return product


def update_product(store: Store, identifier: str, params: Params) -> Thing:
    product = store.get("product", identifier)
    _update(product, params, texts=("name", "description", "default_price"), flags=("active",))
    store.emit("product.updated", product)
    return product


def create_price(store: Store, params: Params) -> Thing:
    inline = params.object("product_data")
    product = _add_product(store, inline) if inline else store.get("product", params.required("product"))
    price = _add_price(store, params, product["id"])
    params.done()
    store.emit("price.created", price)
    return price


def _add_price(store: Store, params: Params, product: str) -> Thing:
    """Also for the price_data of a Checkout Session."""
    amount = params.needed_integer("unit_amount")
    fields = {
        "active": params.flag("active", True),
        "billing_scheme": "per_unit",
        "currency": params.currency(),
        "custom_unit_amount": None,
        "lookup_key": params.text("lookup_key"),
        "metadata": params.metadata(),
        "nickname": params.text("nickname"),
        "product": product,
        "recurring": None,
        "tax_behavior": params.choice("tax_behavior", ("exclusive", "inclusive", "unspecified"), "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
    return store.add("price", fields)


def price_of_line(store: Store, line: Params) -> Thing:
    data = line.object("price_data")
    if data is None:
        price = store.get("price", line.required("price"))
        if not price["active"]:
            raise invalid(f"The price {price['id']} is inactive.", param="line_items")
        return price
    inline = data.object("product_data")
    product = _add_product(store, inline) if inline else store.get("product", data.required("product"))
    price = _add_price(store, data, product["id"])
    price["active"] = False  # as Stripe does with prices made on the spot
    return price


def update_price(store: Store, identifier: str, params: Params) -> Thing:
    """A price's amount never changes: there is no parameter for it."""
    price = store.get("price", identifier)
    _update(price, params, texts=("nickname", "lookup_key"), flags=("active",))
    store.emit("price.updated", price)
    return price


def _update(thing: Thing, params: Params, *, texts: tuple[str, ...], flags: tuple[str, ...] = (), recorded: tuple[str, ...] = ()) -> None:
    changes: dict[str, Any] = {name: params.text(name) for name in texts if params.has(name)}
    changes |= {name: params.flag(name) for name in flags if params.has(name)}
    changes |= {name: params.recorded(name) for name in recorded if params.has(name)}
    metadata = params.metadata()
    params.done()
    thing.update(changes)
    thing["metadata"] = {**thing["metadata"], **metadata}
