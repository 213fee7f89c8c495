"""Every cent of a sale has an owner, also after refunds."""

from hypothesis import given
from hypothesis import strategies as st

from atelier.checkout.split import divide, give_back
from licensing.money import Money


@st.composite
def sales(draw: st.DrawFn) -> tuple[Money, int, int]:
    amount = draw(st.integers(50, 10**9))
    return Money(amount, "EUR"), draw(st.integers(0, amount)), draw(st.integers(1, 12))


def test_a_sale_of_49_euros_over_two_titles() -> None:
    assert divide(Money(4900, "EUR"), 99, 2).parts == (99, 735, 2033, 2033)


@given(sales())
def test_the_parts_sum_to_the_sale(sale: tuple[Money, int, int]) -> None:
    split = divide(*sale)
    assert sum(split.parts) == sale[0].amount
    assert min(split.titles) >= 0


@given(sales(), st.data())
def test_what_is_given_back_sums_to_what_was_returned(sale: tuple[Money, int, int], data: st.DataObject) -> None:
    returned = data.draw(st.integers(0, sale[0].amount))
    assert sum(give_back(divide(*sale), Money(returned, "EUR")).parts) == returned


@given(sales())
def test_a_whole_return_takes_every_part_back_exactly(sale: tuple[Money, int, int]) -> None:
    split = divide(*sale)
    assert give_back(split, sale[0]) == split


def test_a_sale_below_its_fee_is_the_platforms_loss() -> None:
    assert divide(Money(50, "EUR"), 60, 1).parts == (60, -10, 0)
