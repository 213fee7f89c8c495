"""How a sale is divided: payment fee, the platform's share, and the studio's, title by title. Pure arithmetic on whole minor units."""

from dataclasses import dataclass

from licensing.money import Money

PLATFORM_BPS = 1500


@dataclass(frozen=True)
class Split:
    """The parts sum to the sale. `platform` is negative when a tiny sale does not even carry its payment fee."""

    fee: int
    platform: int
    titles: tuple[int, ...]

    @property
    def parts(self) -> tuple[int, ...]:
        return (self.fee, self.platform, *self.titles)


def divide(price: Money, fee: int, titles: int) -> Split:
    """The platform takes 15 % of the price, the studio what the fee leaves of the rest, evenly over `titles` parts (at least one)."""
    platform = min(price.percent_bps(PLATFORM_BPS).amount, price.amount - fee)
    rest = Money(price.amount - fee - platform, price.currency)
    return Split(fee, platform, tuple(part.amount for part in rest.share([1] * titles)))


def give_back(split: Split, returned: Money) -> Split:
    """What each part gives up when `returned` of the sale was paid back in all: shares by largest remainder, everything at the end."""
    if returned.amount == sum(split.parts):
        return split
    fee, platform, *titles = (part.amount for part in returned.share([max(part, 0) for part in split.parts]))
    return Split(fee, platform, tuple(titles))
