"""What buyers and staff do with orders. What the payment provider does to them is in `folding`."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import override

from atelier.accounts.models import User
from atelier.audit.actions import record
from atelier.catalog.models import Tier, TierRevision
from atelier.kit import outbox
from atelier.kit.refused import Refused
from atelier.licences import actions as licences
from atelier.licences import lineage
from atelier.licences.queries import database_now
from licensing.text import text_hash

from . import gateway, messages
from .models import Order, PaymentEvent, Refund
from .queries import check_refundable, promised
from .states import REFUND, OrderState, RefundState

# A page is asked for with its closing time, which the provider wants at least thirty minutes ahead. So that a call that failed can be
# repeated word for word for half an hour, the page closes half an hour later than that.
SAME_ORDER_WITHIN = timedelta(minutes=30)
PAGE_LIVES = timedelta(minutes=62)


@transaction.atomic
def open_order(*, buyer: User, revision: TierRevision, accepted_text: str, language: str) -> Order:
    """The buyer's order for this revision, at the revision's price. A second click returns the first one while it can still be paid.

    Also where she accepts again in another language: all languages of a revision's text say the same, and the order keeps the one that
    she accepted first.
    """
    User.objects.select_for_update(no_key=True).get(pk=buyer.pk)
    _check_on_sale(revision)
    if accepted_text != text_hash(revision.terms, language):
        raise Refused("TEXT_CHANGED", "The licence text is not the one you were shown. Read the current one, then accept it.")
    now = database_now()
    mine = Order.objects.filter(buyer=buyer, revision=revision, state=OrderState.OPEN)
    payable = Q(session__isnull=False, pay_until__gt=now) | Q(session=None, created_at__gt=now - SAME_ORDER_WITHIN)
    if earlier := mine.filter(payable).order_by("-created_at").first():
        return earlier
    order = Order(
        buyer=buyer,
        revision=revision,
        amount=revision.price_amount,
        currency=revision.price_currency,
        accepted_text=accepted_text,
        language=language,
        pay_until=now + PAGE_LIVES,
    )
    order.session_key = f"{order.public_id}:page"
    order.save(force_insert=True)
    note(order, "order.open", buyer, price=order.price.to_dict(), terms=revision.terms_id, accepted_text=accepted_text, language=language)
    return order


def _check_on_sale(revision: TierRevision) -> None:
    """Holds the tier until the order stands: whoever takes it off sale meanwhile waits, and then finds the order."""
    tier = Tier.objects.select_for_update(no_key=True, of=("self",)).select_related("offering__version").get(pk=revision.tier_id)
    if not tier.open or tier.offering.version.state != "published" or lineage.withdrawn(lineage.under(tier)):
        raise Refused("tier_closed", "This tier is no longer on sale. Choose another one.")
    if tier.current.pk != revision.pk:
        raise Refused("revision_superseded", "Terms or price have changed since. Look at the tier again.", current=tier.current.public_id)


def begin_payment(*, order: Order) -> Order:
    """Asks the provider for the payment page, outside any transaction. Safe to repeat: the same page is found again, and where
    another was made meanwhile, under another name, the first that is kept counts."""
    if order.session is None:
        page = gateway.open_page(_purchase(order))
        Order.objects.filter(pk=order.pk, session=None).update(session=page.session, checkout_url=page.url)
    order.refresh_from_db()
    return order


def payment_page(*, order: Order) -> str:
    """Where the buyer pays this order now; nothing when there is nothing to pay any more, and then what became of it follows.

    So neither a second click nor the back button after paying leads to a page that is over. Raises Refused("page_closed") when it has
    been open for too long.
    """
    if order.state != OrderState.OPEN:
        return ""
    known = order.session is not None
    if not known and database_now() > order.created_at + SAME_ORDER_WITHIN:
        raise Refused("page_closed", "The time to pay this order is over. Nothing was charged; take the licence anew.")
    order = begin_payment(order=order)
    if known and order.session is not None:
        payment = gateway.payment(order.session)
        if payment.paid or payment.expired:
            outbox.post("checkout.follow", order=str(order.id))
            return ""
    return order.checkout_url


def address(order: Order) -> str:
    """The order's own page, in the language in which it was made."""
    with override(order.language):
        return settings.PUBLIC_URL + reverse("order", kwargs={"order": order.public_id})


def _purchase(order: Order) -> gateway.Purchase:
    tier, back = order.revision.tier, address(order)
    return gateway.Purchase(
        key=order.session_key,
        order=order.public_id,
        amount=order.amount,
        currency=order.currency,
        name=f"{tier.offering.name} · {tier.name}",
        email=order.buyer.email,
        language=order.language,
        until=order.pay_until,
        success_url=f"{back}?paid=1",
        cancel_url=back,
    )


@transaction.atomic
def receive(*, text: str) -> bool:
    """Takes a signed event into the inbox, once; folding follows. False when its id was used before for another body, which is noted.

    Raises Refused(400) for what is no event.
    """
    event = messages.understand(text)
    pk = _insert(event, text)
    if pk is not None:
        outbox.post("checkout.fold", event=pk)
        return True
    if PaymentEvent.objects.get(event=event.id).digest == event.digest:
        return True
    record(action="payment.event_changed", subject=event.id, studio=None, actor=None, digest=event.digest)
    return False


def _insert(event: messages.Event, text: str) -> int | None:
    """One statement, so that two deliveries at the same moment cannot both be first. An event of another account tells nothing of ours."""
    ours = not event.account and event.livemode == gateway.livemode()
    related = (event.order, event.session, event.payment_intent) if ours else ("", "", "")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO checkout_paymentevent (event, type, at, body, digest, "order", session, payment_intent)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (event) DO NOTHING RETURNING id
            """,
            [event.id, event.type, event.at, text, event.digest, *related],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


@transaction.atomic
def ask_refund(*, order: Order, by: User, amount: int | None = None, reason: str = "") -> Refund:
    """Asks for the money back: the buyer all of it, within 14 days, while nothing of the licence was used; staff any part at any time.

    The licence stops at once when all is asked back. The rest follows from the provider's event.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.licence is not None:
        order.licence = licences.locked(order.licence)
    check_refundable(order, by, amount)
    left = order.amount - promised(order)
    wanted = left if amount is None else amount
    if not 1 <= wanted <= left:
        raise Refused("over_refund", "%(left)s minor units of this order are left to be refunded.", left=left)
    refund = Refund(order=order, amount=wanted, asked_by=by, reason=reason)
    refund.key = refund.public_id
    refund.save(force_insert=True)
    if wanted == left and order.licence is not None:
        licences.stand(licence=order.licence, suspended=licences.REFUND_ASKED)
    note(order, "order.refund_asked", by, amount=wanted, reason=reason, refund=refund.public_id)
    outbox.post("checkout.send_refund", refund=str(refund.id))
    return refund


@transaction.atomic
def send_refund(*, refund: Refund) -> None:
    """Passes the refund on to the provider; again with the same key when the answer was lost."""
    refund = Refund.objects.select_for_update().select_related("order").get(pk=refund.pk)
    if refund.state != RefundState.ASKED:
        return
    order = refund.order
    try:
        made = gateway.refund(key=refund.key, payment_intent=order.payment_intent or "", amount=refund.amount, order=order.public_id)
    except gateway.RefundRefused as error:
        fail_refund(refund=refund, problem=str(error))
    else:
        REFUND.move(refund, RefundState.SENT, stripe_refund=made)
    # What its events said while we waited for the answer was not yet about a refund that we knew.
    outbox.post("checkout.follow", order=str(order.id))


@transaction.atomic
def fail_refund(*, refund: Refund, problem: str) -> None:
    """Refused at once, or sent back later: no money has moved, and the buyer is told."""
    REFUND.move(refund, RefundState.FAILED, problem=problem)
    note(refund.order, "order.refund_failed", None, refund=refund.public_id, problem=problem)
    outbox.post("checkout.tell_refund_failed", order=str(refund.order_id))


def note(order: Order, action: str, by: User | None, **detail: object) -> None:
    """The audit entry of something that happened to an order, in the log of its studio."""
    offering = order.revision.tier.offering
    titles = sorted(title.public_id for title in offering.titles)
    record(
        action=action,
        subject=order.public_id,
        studio=offering.studio_id,
        actor=by.id if by else None,
        licence=order.licence.public_id if order.licence else "",
        titles=titles,
        **detail,
    )
