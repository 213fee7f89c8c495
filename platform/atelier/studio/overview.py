"""What a member of the studio sees first: the last weeks, what runs now, what came in, and what waits for somebody."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncMonth
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from atelier.accounts.models import Role, Studio
from atelier.catalog.models import BaseVersion, Offering, Tier, Title
from atelier.catalog.states import VersionState
from atelier.ledger.models import Kind, Posting, Unit, signed
from atelier.library.models import CustomModel, Handover
from atelier.licences.actions import PAYMENT_REASONS
from atelier.licences.models import Licence
from atelier.licences.states import LicenceState
from atelier.takedown.models import Case
from atelier.takedown.states import DECIDED
from atelier.trainings.models import Training
from atelier.trainings.states import OPEN
from licensing.money import Money

from . import people
from .drawing import Chart, spark, starts
from .queries import midnight

DAYS, WEEK, MONTHS = 28, 7, 6
MOST_RUNNING = 10


@dataclass(frozen=True)
class Figure:
    """What happened in the last seven days, in the seven before, and day by day for four weeks."""

    name: str
    now: int
    before: int
    drawn: Chart


@dataclass(frozen=True)
class Income:
    """The studio's part of one currency, month by month; `now` is what this month has brought so far."""

    now: Money
    before: Money
    drawn: Chart


@dataclass(frozen=True)
class Share:
    """Live licences of one tier, as a part of a thousand of the largest."""

    name: str
    count: int
    width: int


@dataclass(frozen=True)
class Question:
    sentence: str
    url: str
    label: str


def figures(studio: Studio, today: date) -> list[Figure]:
    of = {"licence__studio": studio}
    return [
        _figure(gettext("Trainings started"), Training.objects.filter(**of), "created_at", today),
        _figure(gettext("Models made"), CustomModel.objects.filter(**of), "created_at", today),
        _figure(gettext("Downloads"), Handover.objects.filter(**of), "created_at", today),
        _figure(gettext("Licences granted"), Licence.objects.filter(studio=studio), "granted_at", today),
    ]


def _figure(name: str, rows: QuerySet, moment: str, today: date) -> Figure:
    dates = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    recent = rows.filter(**{f"{moment}__gte": midnight(dates[0])}).annotate(day=TruncDay(moment)).order_by()
    found = {row["day"].date(): row["n"] for row in recent.values("day").annotate(n=Count("pk"))}
    amounts = [found.get(day, 0) for day in dates]
    return Figure(name, sum(amounts[-WEEK:]), sum(amounts[-2 * WEEK : -WEEK]), spark(amounts, dates))


def live(studio: Studio, now: datetime) -> list[Share]:
    """Licences that stand and have not run out, by tier."""
    rows = Licence.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), studio=studio, state=LicenceState.ACTIVE)
    tier = "revision__tier__"
    counts = list(
        rows.values_list(f"{tier}pk", f"{tier}offering__name", f"{tier}name").annotate(n=Count("pk")).order_by("-n", f"{tier}name")
    )
    most = counts[0][3] if counts else 1
    return [Share(f"{offering} · {name}", n, max(n * 1000 // most, 12)) for _, offering, name, n in counts]


def running(studio: Studio) -> list[Training]:
    rows = Training.objects.filter(licence__studio=studio, state__in=OPEN).select_related("owner", "licence__revision__tier__offering")
    return list(rows.order_by("-since")[:MOST_RUNNING])


def income(studio: Studio, today: date) -> list[Income]:
    """From the ledger: what reached the accounts of the studio and of its titles, less what left them."""
    dates = starts(_months_ago(today, MONTHS - 1), today, "month")
    owners = [studio.pk, *Title.objects.filter(studio=studio).values_list("pk", flat=True)]
    rows = Posting.objects.filter(account__kind=Kind.STUDIO, account__owner__in=owners, transaction__created_at__gte=midnight(dates[0]))
    found: dict[str, dict[date, int]] = defaultdict(dict)
    sums = (
        rows.annotate(month=TruncMonth("transaction__created_at"))
        .order_by()
        .values("account__unit", "month")
        .annotate(amount=Sum(signed()))
    )
    for row in sums:
        found[row["account__unit"]][row["month"].date()] = row["amount"]
    return [_income(unit, months, dates) for unit, months in sorted((found or {Unit.EUR.value: {}}).items())]


def _income(unit: str, months: dict[date, int], dates: list[date]) -> Income:
    amounts = [months.get(day, 0) for day in dates]
    return Income(Money(amounts[-1], unit), Money(amounts[-2], unit), spark(amounts, dates))


def _months_ago(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def questions(studio: Studio) -> list[Question]:
    """What waits for somebody of the studio, most pressing first."""
    return [*_about_cases(studio), *_about_bases(studio), *_about_licences(studio), *_about_members(studio)]


def _about_cases(studio: Studio) -> Iterator[Question]:
    for case in Case.objects.filter(studio=studio, confirmed_at__isnull=False).exclude(state__in=DECIDED).order_by("since")[:5]:
        words = {"number": case.number, "date": date_format(case.since, "SHORT_DATE_FORMAT")}
        sentence = gettext(
            "Notice %(number)s about something of yours is being examined since %(date)s. We write to you before anything changes."
        )
        yield Question(sentence % words, "", "")


def _about_bases(studio: Studio) -> Iterator[Question]:
    bases, offers = reverse("studio-bases", args=[studio.public_id]), reverse("studio-offers", args=[studio.public_id])
    rows = BaseVersion.objects.filter(base__studio=studio).select_related("base")
    for row in rows.filter(state__in=(VersionState.DRAFT, VersionState.REFUSED)).order_by("-created_at")[:5]:
        named = {"name": f"{row.base.name} {row.version}"}
        refused = gettext("The base model %(name)s was refused; its page says why.")
        waiting = gettext("The base model %(name)s waits for its files.")
        yield Question((refused if row.state == VersionState.REFUSED else waiting) % named, bases, gettext("Look at it"))
    offered = Offering.objects.filter(version=OuterRef("pk"), in_house=False)
    for row in rows.filter(~Exists(offered), state=VersionState.PUBLISHED)[:5]:
        sentence = gettext("The base model %(name)s is published and not offered yet.") % {"name": f"{row.base.name} {row.version}"}
        yield Question(sentence, offers, gettext("Offer it"))
    on_sale = Tier.objects.filter(offering=OuterRef("pk"), open=True)
    sold = {"studio": studio, "in_house": False, "version__state": VersionState.PUBLISHED}
    for offering in Offering.objects.filter(~Exists(on_sale), **sold)[:5]:
        sentence = gettext("The offering %(name)s has no tier on sale: nobody can buy it.") % {"name": offering.name}
        yield Question(sentence, offers, gettext("Open a tier"))


def _about_licences(studio: Studio) -> Iterator[Question]:
    suspended = Licence.objects.filter(studio=studio, state=LicenceState.SUSPENDED)
    url = reverse("studio-licences", args=[studio.public_id]) + "?state=suspended"
    if ours := suspended.exclude(reason__in=PAYMENT_REASONS).count():
        sentence = ngettext(
            "%(n)s licence is suspended by you: restore it or revoke it.",
            "%(n)s licences are suspended by you: restore or revoke them.",
            ours,
        )
        yield Question(sentence % {"n": ours}, url, gettext("Decide"))
    if theirs := suspended.filter(reason__in=PAYMENT_REASONS).count():
        sentence = ngettext(
            "%(n)s licence is suspended because its payment is in question. It comes back by itself.",
            "%(n)s licences are suspended because their payment is in question. They come back by themselves.",
            theirs,
        )
        yield Question(sentence % {"n": theirs}, url, gettext("Look at them"))


def _about_members(studio: Studio) -> Iterator[Question]:
    url, rows = reverse("studio-members", args=[studio.public_id]), people.members(studio)
    lacking = people.lacking(studio)
    if studio.two_step_required and lacking:
        sentence = ngettext(
            "%(n)s member cannot enter before switching on two-step sign-in.",
            "%(n)s members cannot enter before switching on two-step sign-in.",
            lacking,
        )
        yield Question(sentence % {"n": lacking}, url, gettext("See who"))
    if rows.filter(role=Role.OWNER).count() == 1 and len(rows) > 1:
        yield Question(
            gettext("There is one owner only. A second one keeps the studio open should the first lose her account."),
            url,
            gettext("Members"),
        )
    if waiting := people.invitations(studio).count():
        sentence = ngettext("%(n)s invitation waits for an answer.", "%(n)s invitations wait for an answer.", waiting)
        yield Question(sentence % {"n": waiting}, url, gettext("See it"))


def begun(studio: Studio) -> dict[str, bool]:
    """How far a new studio has come."""
    return {
        "base": BaseVersion.objects.filter(base__studio=studio, state=VersionState.PUBLISHED).exists(),
        "tier": Tier.objects.filter(offering__studio=studio, offering__in_house=False).exists(),
        "licence": Licence.objects.filter(studio=studio, revision__tier__offering__in_house=False).exists(),
    }
