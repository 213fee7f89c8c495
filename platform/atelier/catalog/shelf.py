"""The catalogue as a reader narrows and orders it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from atelier.kit import store
from licensing.money import Money
from licensing.terms import Terms

from .models import Offering, Sample, Tier, TierRevision
from .poster import Poster, poster

USES: dict[str, Callable[[Terms], bool]] = {
    "train": lambda terms: terms.may_train,
    "commercial": lambda terms: terms.commercial,
    "base": lambda terms: terms.may_download_base,
}
ORDERS = ("new", "price", "name")


@dataclass(frozen=True)
class Choice:
    """An open tier with what it grants now."""

    tier: Tier
    revision: TierRevision
    terms: Terms

    @classmethod
    def of(cls, tier: Tier) -> Self:
        revision = next(iter(tier.revisions.all()))  # newest first, as open_tiers() prefetches them
        return cls(tier, revision, revision.terms)

    @property
    def price(self) -> Money:
        return self.revision.price


@dataclass(frozen=True)
class Reel:
    """A sample as a page shows it: the film is asked for when it is played (its address stays good), the picture at once."""

    sample: Sample

    @property
    def id(self) -> str:
        return self.sample.public_id

    @property
    def still(self) -> bool:
        return self.sample.content_type.startswith("image/")

    @property
    def picture(self) -> str:
        return store.link(store.MATERIAL, self.sample.thumb_key, "", inline=True, content_type="image/jpeg")

    @property
    def shape(self) -> str:
        width, height = self.sample.width or 1, self.sample.height or 1
        return "wide" if 5 * width > 6 * height else "tall" if 5 * height > 6 * width else "square"


@dataclass(frozen=True)
class Shown:
    """An offering as a card shows it; its choices by price."""

    offering: Offering
    choices: tuple[Choice, ...]

    @classmethod
    def of(cls, offering: Offering) -> Self:
        tiers: list[Tier] = offering.on_sale  # type: ignore[attr-defined]  # by catalogue()
        return cls(offering, tuple(sorted(map(Choice.of, tiers), key=lambda choice: (choice.price.currency, choice.price.amount))))

    @property
    def least(self) -> Money:
        return self.choices[0].price

    @property
    def poster(self) -> Poster:
        return poster(self.offering.digest)

    @property
    def reels(self) -> list[Reel]:
        return [Reel(sample) for sample in self.offering.version.good_samples]  # type: ignore[attr-defined]  # by catalogue()

    @property
    def trailer(self) -> Reel | None:
        """What its card plays."""
        return next((reel for reel in self.reels if not reel.still), None)

    @property
    def uses(self) -> list[str]:
        return [use for use, granted in USES.items() if any(granted(choice.terms) for choice in self.choices)]


@dataclass(frozen=True)
class Wish:
    words: str = ""
    use: str = ""
    order: str = ORDERS[0]

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Self:
        use, order = query.get("use", ""), query.get("order", "")
        return cls(query.get("q", "").strip()[:100], use if use in USES else "", order if order in ORDERS else ORDERS[0])

    def __call__(self, offerings: Iterable[Offering]) -> list[Shown]:
        shown = [row for row in map(Shown.of, offerings) if self._matches(row)]
        keys: dict[str, Callable[[Shown], tuple[object, ...]]] = {
            "new": lambda row: (-row.offering.created_at.timestamp(),),
            "price": lambda row: (row.least.currency, row.least.amount),
            "name": lambda row: (row.offering.name.casefold(),),
        }
        return sorted(shown, key=keys[self.order])

    def _matches(self, row: Shown) -> bool:
        version = row.offering.version
        text = " ".join([row.offering.name, version.base.name, version.base.studio.name, *(title.name for title in row.offering.titles)])
        return all(word in text.casefold() for word in self.words.casefold().split()) and (not self.use or self.use in row.uses)
