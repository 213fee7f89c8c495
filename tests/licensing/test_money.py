from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.money import BadMoney, Money

amounts = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@pytest.mark.parametrize("amount", [1.0, True, "1", None, 2**53, -(2**53)])
def test_it_refuses_an_amount_that_is_not_a_whole_number_it_can_write_exactly(amount: object) -> None:
    with pytest.raises(BadMoney):
        Money(amount, "EUR")


@pytest.mark.parametrize("amount", [0, 2**53 - 1, 1 - 2**53])
def test_it_holds_every_amount_that_it_can_write_exactly(amount: int) -> None:
    assert Money(amount, "EUR").amount == amount


@pytest.mark.parametrize("currency", ["GBP", "eur", "", None, 1, ["EUR"]])
def test_it_refuses_a_currency_it_does_not_know(currency: object) -> None:
    with pytest.raises(BadMoney):
        Money(1, currency)


def test_it_reckons_in_one_currency() -> None:
    assert Money(5, "EUR") + Money(7, "EUR") == Money(12, "EUR")
    assert Money(5, "EUR") - Money(7, "EUR") == -Money(2, "EUR")
    assert Money(5, "EUR") < Money(7, "EUR") <= Money(7, "EUR")
    assert not Money(7, "EUR") < Money(7, "EUR")
    assert max(Money(5, "EUR"), Money(7, "EUR")) == Money(7, "EUR")


def test_it_never_mixes_currencies() -> None:
    euro, dollar = Money(5, "EUR"), Money(5, "USD")
    assert euro != dollar
    for mix in (lambda: euro + dollar, lambda: euro - dollar, lambda: euro < dollar, lambda: euro >= dollar):
        with pytest.raises(BadMoney):
            mix()


@pytest.mark.parametrize("other", [5, 5.0, True, "5", None])
def test_it_reckons_with_money_only(other: object) -> None:
    with pytest.raises(BadMoney):
        Money(5, "EUR") + other
    assert Money(5, "EUR") != other


@given(amounts, weights)
def test_the_parts_always_sum_to_the_whole(amount: int, shares: list[int]) -> None:
    parts = Money(amount, "USD").share(shares)
    assert sum(part.amount for part in parts) == amount
    assert len(parts) == len(shares)


@given(amounts, weights)
def test_every_part_is_within_one_unit_of_its_exact_share_and_nothing_goes_to_no_weight(amount: int, shares: list[int]) -> None:
    for part, weight in zip(Money(amount, "USD").share(shares), shares, strict=True):
        assert abs(part.amount - Fraction(amount * weight, sum(shares))) < 1
        assert weight or not part.amount


@given(amounts, weights)
def test_a_refund_is_shared_as_the_sale_was(amount: int, shares: list[int]) -> None:
    assert (-Money(amount, "EUR")).share(shares) == [-part for part in Money(amount, "EUR").share(shares)]


def test_units_left_over_go_to_the_largest_remainders_and_then_to_the_earlier() -> None:
    assert [part.amount for part in Money(10, "EUR").share([1, 1, 1])] == [4, 3, 3]
    assert [part.amount for part in Money(100, "EUR").share([1, 5, 1])] == [14, 72, 14]
    assert [part.amount for part in Money(1, "EUR").share([1, 2])] == [0, 1]


@pytest.mark.parametrize("bad", [[], [0, 0], [1, -1], [1.0], [True]])
def test_it_refuses_weights_that_share_nothing(bad: list[int]) -> None:
    with pytest.raises(BadMoney):
        Money(10, "EUR").share(bad)


@given(amounts, st.integers(0, 20_000))
def test_a_percentage_is_the_exact_one_rounded_half_to_even(amount: int, bps: int) -> None:
    assert Money(amount, "EUR").percent_bps(bps).amount == round(Fraction(amount * bps, 10_000))


@pytest.mark.parametrize(("amount", "rounded"), [(50, 0), (150, 2), (250, 2), (-50, 0), (-150, -2), (151, 2), (149, 1)])
def test_a_half_unit_goes_to_the_even_one(amount: int, rounded: int) -> None:
    assert Money(amount, "EUR").percent_bps(100).amount == rounded


@pytest.mark.parametrize("bps", [-1, 1.5, True])
def test_it_refuses_basis_points_that_are_none(bps: int) -> None:
    with pytest.raises(BadMoney):
        Money(1, "EUR").percent_bps(bps)


def test_it_is_written_as_amount_and_currency() -> None:
    assert Money(1, "EUR").to_dict() == {"amount": 1, "currency": "EUR"}
    assert Money.from_dict({"amount": 1, "currency": "EUR"}) == Money(1, "EUR")


@pytest.mark.parametrize(
    "data", [None, [], 1, {}, {"amount": 1}, {"amount": 1, "currency": "EUR", "more": 1}, {"amount": "1", "currency": "EUR"}]
)
def test_it_refuses_anything_else_that_is_written(data: object) -> None:
    with pytest.raises(BadMoney):
        Money.from_dict(data)
