"""Closing a studio. Its people lose the room and nothing is sold any more; its ledger, its log and what it licensed stay, under its id."""

from collections import defaultdict
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from atelier.accounts.access import require_role
from atelier.accounts.models import Role, Studio, User
from atelier.audit.actions import record
from atelier.catalog.actions import close_tier
from atelier.catalog.models import BaseVersion, Tier, Title
from atelier.catalog.states import VERSION, VersionState
from atelier.checkout.models import Order
from atelier.checkout.states import OrderState
from atelier.kit.refused import Refused
from atelier.kit.templatetags.shown import money
from atelier.ledger.models import Account, Kind
from atelier.licences.mails import contact
from atelier.licences.models import Licence
from atelier.licences.states import LicenceState
from atelier.takedown.models import Case
from atelier.takedown.states import DECIDED
from atelier.trainings.models import Training
from atelier.trainings.states import OPEN
from licensing.money import Money

from .models import Invitation
from .states import INVITATION, InvitationState


@transaction.atomic
def close(*, studio: Studio, by: User) -> None:
    """For good, by an owner. Raises the first of `reasons` while there is one."""
    require_role(studio, by, (Role.OWNER,))
    row = Studio.objects.select_for_update().get(pk=studio.pk)
    for tier in Tier.objects.filter(offering__studio=row).select_related("offering__studio"):
        close_tier(tier=tier, by=by)  # nobody orders from here on; what was ordered a moment before is among the reasons
    for refused in reasons(row):
        raise refused
    _withdraw(row, by)
    record(action="studio.close", subject=row.public_id, studio=row.id, actor=by.id, members=row.memberships.count())
    row.memberships.all().delete()
    Studio.objects.filter(pk=row.pk).update(closed_at=Now())


def _withdraw(studio: Studio, by: User) -> None:
    for invitation in Invitation.objects.filter(studio=studio, state=InvitationState.OPEN):
        INVITATION.move(invitation, InvitationState.WITHDRAWN)
    for version in BaseVersion.objects.filter(base__studio=studio, state=VersionState.PUBLISHED):
        VERSION.move(version, VersionState.WITHDRAWN)
        record(action="base.withdraw", subject=version.public_id, studio=studio.id, actor=by.id)


def reasons(studio: Studio) -> list[Refused]:
    """Why it cannot be closed yet, each with what to do first."""
    return [*_licences(studio), *_trainings(studio), *_orders(studio), *_cases(studio), *_money(studio)]


def _licences(studio: Studio) -> Iterator[Refused]:
    sold = Licence.objects.filter(studio=studio, revision__tier__offering__in_house=False)
    standing = sold.filter(Q(expires_at=None) | Q(expires_at__gt=Now())).exclude(state=LicenceState.REVOKED)
    if count := standing.count():
        yield Refused(
            "licences_stand",
            "Licences that you granted still stand: %(count)s. Take the tiers off sale, and wait until the licences end.",
            count=count,
        )


def _trainings(studio: Studio) -> Iterator[Refused]:
    if count := Training.objects.filter(licence__studio=studio, state__in=OPEN).count():
        yield Refused("trainings_run", "Trainings on your base models are not over: %(count)s. Wait until they have ended.", count=count)


def _orders(studio: Studio) -> Iterator[Refused]:
    rows = Order.objects.filter(revision__tier__offering__studio=studio, state=OrderState.OPEN, pay_until__gt=Now())
    if count := rows.count():
        yield Refused(
            "orders_open",
            "Somebody is about to pay for a licence of yours: %(count)s. Take the tiers off sale; payment pages close within two hours.",
            count=count,
        )


def _cases(studio: Studio) -> Iterator[Refused]:
    rows = Case.objects.filter(studio=studio, confirmed_at__isnull=False).exclude(state__in=DECIDED)
    if count := rows.count():
        yield Refused("cases_open", "Notices about something of yours are being examined: %(count)s. Wait for the decision.", count=count)


def _money(studio: Studio) -> Iterator[Refused]:
    owners = [studio.pk, *Title.objects.filter(studio=studio).values_list("pk", flat=True)]
    owed: dict[str, int] = defaultdict(int)
    for account in Account.objects.filter(kind=Kind.STUDIO, owner__in=owners):
        owed[account.unit] += account.balance
    for unit, amount in sorted(owed.items()):
        if amount > 0:
            yield Refused(
                "money_owed",
                "We owe you %(amount)s. Write to %(contact)s to be paid out first.",
                amount=money(Money(amount, unit)),
                contact=contact(),
            )
        elif amount < 0:
            yield Refused(
                "money_due",
                "You owe us %(amount)s, from sales that were paid back. Write to %(contact)s to settle it first.",
                amount=money(Money(-amount, unit)),
                contact=contact(),
            )
