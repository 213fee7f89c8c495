"""What must be told of what weights learned from, made from the rows and from nothing else: California's AB 2013 (Civil Code 3111, twelve
items) and the summary of the EU's AI Act, article 53(1)(d) (three sections). What no row knows is told as not recorded, never guessed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .learned import Learned
from .models import BaseVersion, HouseAdapter, Offering, Performer, Title
from .states import Basis


@dataclass(frozen=True)
class TitleTold:
    name: str
    year: int | None
    eidr: str
    clearance: str
    basis: str
    since: datetime | None


@dataclass(frozen=True)
class People:
    """Performers of its titles, as the studio's register has them."""

    recorded: int
    withdrawn: int
    deceased: int


@dataclass(frozen=True)
class Item:
    """One thing that a law asks for, and the answer."""

    ref: str
    asks: str
    answer: str


@dataclass(frozen=True)
class Part:
    """A base model version or a house adapter, with what each law asks of it."""

    kind: str
    id: str
    name: str
    digest: str
    published_at: datetime | None
    titles: list[TitleTold]
    people: People
    california: list[Item]
    europe: list[Item]


@dataclass(frozen=True)
class Disclosure:
    offering: str
    studio: str
    country: str
    language: str
    parts: list[Part]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def of(offering: Offering, language: str) -> Disclosure:
    """In the language that is active, which the caller names."""
    parts = [_base(offering.version), *map(_adapter, offering.worn)]
    studio = offering.version.studio
    return Disclosure(offering.name, studio.name, studio.country, language, parts)


def _base(row: BaseVersion) -> Part:
    name = f"{row.base.name} {row.version}"
    return _part("base", row, name, row, list(_titles(row)))


def _adapter(row: HouseAdapter) -> Part:
    return _part("adapter", row, row.name, row.version, list(_titles(row)))


def _titles(row: BaseVersion | HouseAdapter) -> Any:
    return row.titles.order_by("name").prefetch_related("clearances")


def _part(kind: str, row: BaseVersion | HouseAdapter, name: str, base: BaseVersion, titles: list[Title]) -> Part:
    told, people = [_title(title) for title in titles], _people(titles)
    facts = Facts(base, row, told, people)
    asked = {"california": [item(facts) for item in CALIFORNIA], "europe": [item(facts) for item in EUROPE]}
    return Part(kind, row.public_id, name, row.digest, row.published_at, told, people, **asked)


def _title(title: Title) -> TitleTold:
    said = title.said
    return TitleTold(title.name, title.year, title.eidr, title.clearance, said.basis if said else "", said.created_at if said else None)


def _people(titles: list[Title]) -> People:
    rows = Performer.objects.filter(titles__in=titles).distinct()
    withdrawn, deceased = (rows.filter(**each).count() for each in ({"withdrawn_at__isnull": False}, {"deceased": True}))
    return People(rows.count(), withdrawn, deceased)


@dataclass(frozen=True)
class Facts:
    base: BaseVersion
    learned: Learned
    titles: list[TitleTold]
    people: People

    @property
    def on(self) -> Counter[str]:
        """How many titles rest on what."""
        return Counter(title.basis for title in self.titles)


def _not_recorded() -> str:
    return _("Not recorded.")


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _sources(facts: Facts) -> str:
    count, studio = len(facts.titles), facts.base.studio.name
    if not count:
        return _("The studio has named no title.")
    owned, licensed, free = (facts.on[basis] for basis in (Basis.OWNED, Basis.LICENSED, Basis.PUBLIC_DOMAIN))
    told = ngettext("%(count)s title named by %(studio)s.", "%(count)s titles named by %(studio)s.", count)
    shares = _("Rights held by the studio: %(owned)s; licensed to it: %(licensed)s; in the public domain: %(free)s; not told: %(rest)s.")
    numbers = {"owned": owned, "licensed": licensed, "free": free, "rest": count - owned - licensed - free}
    return f"{told % {'count': count, 'studio': studio}} {shares % numbers}"


def _purpose(facts: Facts) -> str:
    return _("To generate moving pictures that look and move as these titles do.")


def _size(facts: Facts) -> str:
    points, hours = facts.learned.data_points, facts.learned.hours
    if points is None and hours is None:
        return _not_recorded()
    parts = []
    if points is not None:
        parts.append(ngettext("%(count)s clip or still.", "%(count)s clips and stills.", points) % {"count": _whole(points)})
    if hours is not None:
        parts.append(_("%(hours)s hours of moving pictures.") % {"hours": number_format(round(hours, 1))})
    return " ".join(parts)


def _kinds(facts: Facts) -> str:
    return _("Moving pictures and stills from the titles named here.")


def _protected(facts: Facts) -> str:
    free, count = facts.on[Basis.PUBLIC_DOMAIN], len(facts.titles)
    if not count:
        return _not_recorded()
    if free == count:
        return _("No: every title is in the public domain.")
    if not free:
        return _("Yes, by copyright.")
    return _("Yes, by copyright, but for %(free)s of %(count)s titles that are in the public domain.") % {"free": free, "count": count}


def _licensed(facts: Facts) -> str:
    count = facts.on[Basis.LICENSED]
    if not facts.titles:
        return _not_recorded()
    if not count:
        return _("No title is licensed to the studio.")
    return ngettext("%(count)s title is licensed.", "%(count)s titles are licensed.", count) % {"count": count}


def _personal(facts: Facts) -> str:
    people = facts.people
    if not people.recorded:
        return _("No performer is recorded in the studio’s register for these titles.")
    told = ngettext(
        "Likenesses: %(count)s performer of these titles is recorded with the uses that were agreed to.",
        "Likenesses: %(count)s performers of these titles are recorded with the uses that were agreed to.",
        people.recorded,
    )
    more = _("Consent withdrawn: %(withdrawn)s; deceased, with an estate that answers: %(deceased)s.")
    return f"{told % {'count': people.recorded}} {more % asdict(people)}"


def _consumers(facts: Facts) -> str:
    return _("None is recorded: the sources are titles, not data about consumers.")


def _processing(facts: Facts) -> str:
    shape = {name: getattr(facts.base, name) for name in ("width", "height", "frames")} | {"fps": number_format(facts.base.fps)}
    return _("Clips of %(width)s × %(height)s pixels, %(frames)s frames at %(fps)s a second. Nothing more is recorded.") % shape


def _period(facts: Facts) -> str:
    begin, end = facts.learned.collected_from, facts.learned.collected_until
    if begin is None:
        return _not_recorded()
    if end is None:
        return _("Since %(begin)s, and still going on.") % {"begin": _day(begin)}
    return _("From %(begin)s to %(end)s.") % {"begin": _day(begin), "end": _day(end)}


def _first_used(facts: Facts) -> str:
    return _day(facts.learned.first_used_on) + "." if facts.learned.first_used_on else _not_recorded()


def _synthetic(facts: Facts) -> str:
    known = facts.learned.synthetic
    if known is None:
        return _not_recorded()
    return _("Yes: material that a model had made was among it.") if known else _("No.")


def _published(facts: Facts) -> str:
    when = facts.learned.published_at
    return _("Offered since %(when)s.") % {"when": _day(when)} if when else _not_recorded()


def _general(facts: Facts) -> str:
    shown = {"studio": facts.base.studio.name, "family": facts.base.family.capitalize()}
    return _("Provider: %(studio)s. Architecture: %(family)s. Modality: moving pictures.") % shown + " " + _published(facts)


def _no_crawl(facts: Facts) -> str:
    return _("None is recorded: nothing but the titles named here is a source.")


def _reservations(facts: Facts) -> str:
    return _("A title is named as a source only after its rights were cleared, title by title; an excluded one is refused.")


def _whole(number: int) -> str:
    return number_format(number, force_grouping=True)


def _item(ref: str, asks: Callable[[], str], answer: Callable[[Facts], str]) -> Callable[[Facts], Item]:
    return lambda facts: Item(ref, asks(), answer(facts))


CALIFORNIA = (
    _item("3111(a)(1)", lambda: _("Sources or owners of the material"), _sources),
    _item("3111(a)(2)", lambda: _("How it serves the purpose of the model"), _purpose),
    _item("3111(a)(3)", lambda: _("Number of data points"), _size),
    _item("3111(a)(4)", lambda: _("Types of data points"), _kinds),
    _item("3111(a)(5)", lambda: _("Protected by copyright, trademark or patent?"), _protected),
    _item("3111(a)(6)", lambda: _("Purchased or licensed?"), _licensed),
    _item("3111(a)(7)", lambda: _("Personal information"), _personal),
    _item("3111(a)(8)", lambda: _("Aggregate consumer information"), _consumers),
    _item("3111(a)(9)", lambda: _("Cleaning and processing"), _processing),
    _item("3111(a)(10)", lambda: _("When it was collected"), _period),
    _item("3111(a)(11)", lambda: _("First used in development"), _first_used),
    _item("3111(a)(12)", lambda: _("Synthetic data"), _synthetic),
)
EUROPE = (
    _item("1", lambda: _("General information"), _general),
    _item("1", lambda: _("Size of the training data"), _size),
    _item("2.1", lambda: _("Publicly available datasets"), _no_crawl),
    _item("2.2", lambda: _("Private datasets: licensed by rights holders, or the provider’s own"), _sources),
    _item("2.3", lambda: _("Data crawled from the web"), _no_crawl),
    _item("2.4", lambda: _("Data of users"), _no_crawl),
    _item("2.5", lambda: _("Synthetic data"), _synthetic),
    _item("2.6", lambda: _("Period of collection"), _period),
    _item("3.1", lambda: _("Reservations of rights"), _reservations),
    _item("3.2", lambda: _("Likenesses of people"), _personal),
)
