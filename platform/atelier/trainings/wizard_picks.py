"""The use that a reader can declare: every choice, with the judge's refusal beside what her licence does not grant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from atelier.kit.language import tongue
from licensing.terms import MEDIA, STAGES
from licensing.territories import WORLD
from licensing.texts import words

from .wizard_checks import Grants, No

# Offered before the list of all countries.
NEAR = ("FR", "BE", "CH", "LU", "CA", "DE", "ES", "IT", "GB", "US")


@dataclass(frozen=True)
class Option:
    """`no`: the judge's sentence where the licence does not grant it."""

    code: str
    title: str
    no: No | None
    picked: bool


@dataclass(frozen=True)
class Picks:
    """What may be declared, and what is. `far`: the countries that are listed last."""

    stage: list[Option]
    media: list[Option]
    world: Option
    near: list[Option]
    far: list[Option]

    @classmethod
    def of(cls, grants: Grants, stage: str, media: list[str], territories: list[str]) -> "Picks":
        said = words(tongue())
        far = {code: name for code, name in said.territories.items() if code not in (*NEAR, WORLD)}
        by_name = {name: code for code, name in far.items()}
        in_order = [by_name[name] for name in said.alphabetical(by_name)]

        def listed(names: Mapping[str, str], codes: Iterable[str], noes: dict[str, No], picked: list[str]) -> list[Option]:
            return [Option(code, names[code][0].upper() + names[code][1:], noes.get(code), code in picked) for code in codes]

        return cls(
            listed(said.stages, STAGES, grants.stages, [stage]),
            listed(said.media, MEDIA, grants.media, media),
            listed(said.territories, [WORLD], grants.territories, territories)[0],
            listed(said.territories, NEAR, grants.territories, territories),
            listed(said.territories, in_order, grants.territories, territories),
        )

    @property
    def stage_noes(self) -> list[No]:
        return [option.no for option in self.stage if option.no]

    @property
    def media_noes(self) -> list[No]:
        return [option.no for option in self.media if option.no]

    @property
    def far_picked(self) -> int:
        return sum(option.picked for option in self.far)
