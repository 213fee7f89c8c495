"""The cards whose trouble comes after they have paid, as Stripe's test mode plays them."""

from typing import Any

import pytest
import stripe

from tests.devstack.shop import Shop

KINDS = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_reinstated")


def paid_with(shop: Shop, card: str) -> Any:
    return shop.client.v1.payment_intents.create({"amount": 4900, "currency": "eur", "payment_method": card, "confirm": True})


def dispute_of(shop: Shop, intent: Any) -> Any:
    (found,) = shop.client.v1.disputes.list({"payment_intent": intent.id})
    return found


def test_its_owner_disputes_the_payment_and_the_money_is_withdrawn(shop: Shop) -> None:
    dispute = dispute_of(shop, paid_with(shop, "pm_card_createDispute"))
    (line,) = dispute.balance_transactions
    assert (dispute.status, dispute.amount, line.amount, line.fee) == ("needs_response", 4900, -4900, 1500)
    assert shop.client.v1.charges.retrieve(dispute.charge).disputed
    assert [event.type for event in shop.events(*KINDS)] == ["charge.dispute.created"]


@pytest.mark.parametrize(("evidence", "end", "lines"), [("winning_evidence", "won", 2), ("losing_evidence", "lost", 1)])
def test_evidence_decides_it(shop: Shop, evidence: str, end: str, lines: int) -> None:
    dispute = dispute_of(shop, paid_with(shop, "pm_card_createDispute"))
    decided = shop.client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}})
    assert (decided.status, len(decided.balance_transactions)) == (end, lines)
    assert shop.events(*KINDS)[0].data.object.status == end
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.disputes.close(dispute.id)


def test_other_evidence_waits_for_the_bank_and_giving_up_is_losing(shop: Shop) -> None:
    dispute = dispute_of(shop, paid_with(shop, "pm_card_createDispute"))
    waits = shop.client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "She has downloaded it."}})
    assert (waits.status, waits.evidence_details.submission_count) == ("under_review", 1)
    assert shop.client.v1.disputes.close(dispute.id).status == "lost"


def test_a_refund_succeeds_and_is_sent_back(shop: Shop) -> None:
    paid = paid_with(shop, "pm_card_refundFail")
    refund = shop.client.v1.refunds.create({"payment_intent": paid.id, "amount": 1000})
    later = shop.client.v1.refunds.retrieve(refund.id)
    assert (refund.status, later.status) == ("succeeded", "failed")
    assert shop.client.v1.charges.retrieve(paid.latest_charge).amount_refunded == 0
    assert shop.events("refund.failed")[0].data.object.id == refund.id
