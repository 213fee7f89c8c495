"""Money: whole minor units with their currency. No float ever touches it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

from licensing.canonical import LARGEST_INTEGER

CURRENCIES = ("EUR", "USD")
WHOLE_BPS = 10_000


class BadMoney(ValueError):
    """Not an amount of money, or two amounts that cannot be reckoned together."""


@total_ordering
@dataclass(frozen=True)
class Money:
    """`amount` counts minor units (cents) and may be negative; every refusal is a BadMoney."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if not _is_whole(self.amount):
            raise BadMoney(f"An amount is a whole number of minor units, not {self.amount!r}.")
        if abs(self.amount) > LARGEST_INTEGER:
            raise BadMoney("The amount is too large to be written down exactly.")
        if not isinstance(self.currency, str) or self.currency not in CURRENCIES:
            raise BadMoney(f"The currency must be one of {', '.join(CURRENCIES)}, not {self.currency!r}.")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._like(other).amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._like(other).amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._like(other).amount

    def _like(self, other: object) -> "Money":
        if not isinstance(other, Money):
            raise BadMoney(f"Money is reckoned with money only, not with {type(other).__name__}.")
        if other.currency != self.currency:
            raise BadMoney(f"{self.currency} and {other.currency} are not mixed.")
        return other

    def share(self, weights: Sequence[int]) -> "list[Money]":
        """Split by weight; the parts always sum to the whole.

        Largest remainder method: everybody gets the whole units of their exact share, and the units left over go one each to the largest
        remainders, the earlier weight first where remainders tie. A negative amount (a refund) splits exactly as its positive does.
        """
        if not weights or any(not _is_whole(weight) or weight < 0 for weight in weights) or not any(weights):
            raise BadMoney("Weights are whole numbers of at least 0, and one of them is above 0.")
        parts = _largest_remainder(abs(self.amount), weights)
        return [Money(part if self.amount >= 0 else -part, self.currency) for part in parts]

    def percent_bps(self, bps: int) -> "Money":
        """`bps` hundredths of a per cent of this amount, a half going to the even minor unit (banker's rounding, in whole numbers)."""
        if not _is_whole(bps) or bps < 0:
            raise BadMoney(f"Basis points are a whole number of at least 0, not {bps!r}.")
        units, rest = divmod(self.amount * bps, WHOLE_BPS)
        round_up = 2 * rest > WHOLE_BPS or (2 * rest == WHOLE_BPS and units % 2 == 1)
        return Money(units + round_up, self.currency)

    def to_dict(self) -> dict[str, Any]:
        return {"amount": self.amount, "currency": self.currency}

    @classmethod
    def from_dict(cls, data: object) -> "Money":
        if not isinstance(data, Mapping) or set(data) != {"amount", "currency"}:
            raise BadMoney("Money is written as an amount and a currency, and nothing else.")
        return cls(data["amount"], data["currency"])


def _is_whole(value: object) -> bool:
    # `type`, not isinstance: True is an int to Python, and is no amount.
    return type(value) is int


def _largest_remainder(whole: int, weights: Sequence[int]) -> list[int]:
    total = sum(weights)
    parts, remainders = zip(*(divmod(whole * weight, total) for weight in weights), strict=True)
    left_over = whole - sum(parts)
    lucky = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))[:left_over]
    return [part + (place in lucky) for place, part in enumerate(parts)]
