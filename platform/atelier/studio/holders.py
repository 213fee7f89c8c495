"""Who holds licences of the studio: how far they are used, what they brought in, and what a decision about one would reach."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from atelier.accounts.models import Studio
from atelier.checkout.models import Order
from atelier.kit.ids import not_found
from atelier.ledger.models import Kind, Posting, signed
from atelier.library.models import CustomModel, Handover
from atelier.library.states import ModelState
from atelier.licences import payments
from atelier.licences.actions import PAYMENT_REASONS
from atelier.licences.holdings import Holding, holdings
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.licences.states import LICENCE, LicenceState
from atelier.trainings.models import Training
from atelier.trainings.states import OPEN, TrainingState
from licensing.money import Money

PARTS = ("holder", "revision__tier__offering__version__base__studio")
EXPIRED = "expired"


@dataclass(frozen=True)
class Held:
    """A licence as its studio sees it."""

    holding: Holding
    models: int
    earned: tuple[Money, ...]

    @property
    def licence(self) -> Licence:
        return self.holding.licence

    @property
    def by_payment(self) -> bool:
        """Whether a payment suspended it: then the payment alone brings it back."""
        return self.licence.state == LicenceState.SUSPENDED and self.licence.reason in PAYMENT_REASONS

    @cached_property
    def questioned(self) -> bool:
        """Whether the studio suspended it and a bank questions its payment as well."""
        return self.licence.state == LicenceState.SUSPENDED and not self.by_payment and payments.in_question(self.licence)

    @property
    def choices(self) -> list[str]:
        """The decisions that its state leaves open."""
        steps = {"restore": LicenceState.ACTIVE, "suspend": LicenceState.SUSPENDED, "revoke": LicenceState.REVOKED}
        closed = {"restore"} if self.by_payment or self.questioned else set()
        return [name for name, to in steps.items() if to in LICENCE.moves[self.licence.state] and name not in closed]


@dataclass(frozen=True)
class Reach:
    """What a licence that is not active any more takes along, now."""

    waiting: int
    running: int
    models: int
    copies: int


def of_studio(studio: Studio, *, state: str = "", tier: UUID | None = None, holder: UUID | None = None) -> QuerySet[Licence]:
    """Newest first. `state` may also be `expired`: active by its state and over by its date."""
    now = database_now()
    wanted = (Q(revision__tier=tier) if tier else Q()) & (Q(holder=holder) if holder else Q())
    over = Q(state=LicenceState.ACTIVE, expires_at__lte=now)
    if state == EXPIRED:
        wanted &= over
    elif state:
        wanted &= Q(state=state) & ~over
    return Licence.objects.filter(wanted, studio=studio).select_related(*PARTS).order_by("-granted_at", "pk")


def find(studio: Studio, public_id: str) -> Licence:
    """A licence that this studio granted. Refused("not_found", 404) for every other."""
    row = Licence.objects.filter(studio=studio, pk=Licence.parse_id(public_id)).select_related(*PARTS).first()
    if row is None:
        raise not_found()
    return row


def held(licences: Sequence[Licence]) -> list[Held]:
    made = dict(CustomModel.objects.filter(licence__in=licences).values_list("licence").annotate(n=Count("pk")))
    brought = earned(licences)
    return [Held(each, made.get(each.licence.pk, 0), brought.get(each.licence.pk, ())) for each in holdings(licences)]


def earned(licences: Sequence[Licence]) -> dict[UUID, tuple[Money, ...]]:
    """The studio's part of what was paid for each, less what was paid back, as the ledger has it."""
    orders = {order.public_id: order.licence_id for order in Order.objects.filter(licence__in=licences).only("id", "licence_id")}
    rows = Posting.objects.filter(transaction__subject__in=orders, account__kind=Kind.STUDIO)
    found: dict[UUID, list[Money]] = defaultdict(list)
    for subject, unit, amount in (
        rows.values_list("transaction__subject", "account__unit").annotate(amount=Sum(signed())).order_by("account__unit")
    ):
        licence = orders[subject]
        if licence is not None:
            found[licence].append(Money(amount, unit))
    return {licence: tuple(sums) for licence, sums in found.items()}


def reach(licence: Licence) -> Reach:
    states = dict(Training.objects.filter(licence=licence, state__in=OPEN).values_list("state").annotate(n=Count("pk")))
    waiting = states.pop(TrainingState.QUEUED, 0)
    return Reach(
        waiting=waiting,
        running=sum(states.values()),
        models=CustomModel.objects.filter(licence=licence, state=ModelState.PUBLISHED).count(),
        copies=Handover.objects.filter(licence=licence, outcome__code="").count(),
    )


def trainings(licence: Licence) -> QuerySet[Training]:
    """Under ids only: what their owner calls them is hers."""
    return Training.objects.filter(licence=licence).select_related("quote").order_by("-created_at")


def models(licence: Licence) -> QuerySet[CustomModel]:
    copies = Count("artifacts__handovers", filter=Q(artifacts__handovers__outcome__code=""))
    return CustomModel.objects.filter(licence=licence).annotate(copies=copies).order_by("-created_at")
