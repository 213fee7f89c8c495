"""An entry of the log as a sentence. People stand in it by opaque id; what the entry itself says is shown beside it as it is."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from atelier.audit.models import Entry
from atelier.kit import ids
from atelier.kit.templatetags.shown import duration, money
from licensing.money import BadMoney, Money

from .words import ROLES

SENTENCES: dict[str, str | Promise] = {
    "studio.open": gettext_lazy("%(actor)s opened the studio %(name)s."),
    "studio.add_member": gettext_lazy("%(actor)s made %(member)s a member: %(role)s."),
    "studio.invite": gettext_lazy("%(actor)s invited somebody to become %(role)s."),
    "studio.withdraw_invitation": gettext_lazy("%(actor)s withdrew an invitation."),
    "studio.join": gettext_lazy("%(actor)s accepted an invitation and became %(role)s."),
    "studio.change_role": gettext_lazy("%(actor)s changed the role of %(member)s from %(before)s to %(role)s."),
    "studio.remove_member": gettext_lazy("%(actor)s removed %(member)s from the members."),
    "studio.leave": gettext_lazy("%(actor)s left the studio."),
    "studio.require_two_step": gettext_lazy("%(actor)s decided that members sign in with two steps."),
    "studio.close": gettext_lazy("%(actor)s closed the studio; %(members)s belonged to it."),
    "title.add": gettext_lazy("%(actor)s added the title %(name)s."),
    "title.correct": gettext_lazy("%(actor)s corrected the title %(name)s."),
    "title.clearance": gettext_lazy("%(actor)s said of the rights in %(subject)s: %(state)s."),
    "title.cast": gettext_lazy("%(actor)s named the performer %(performer)s for the title %(subject)s."),
    "title.uncast": gettext_lazy("%(actor)s took the performer %(performer)s off the title %(subject)s."),
    "performer.add": gettext_lazy("%(actor)s recorded the performer %(subject)s."),
    "performer.revise": gettext_lazy("%(actor)s recorded anew what the performer %(subject)s agreed to."),
    "performer.withdraw": gettext_lazy("%(actor)s noted that the performer %(subject)s took the consent back."),
    "base.open": gettext_lazy("%(actor)s began the base model %(name)s, version %(number)s, with %(files)s files."),
    "base.publish": gettext_lazy("%(actor)s handed in the base model %(subject)s to be checked and published."),
    "base.published": gettext_lazy("The base model %(subject)s was checked and published."),
    "base.refused": gettext_lazy("The base model %(subject)s was checked and refused."),
    "base.withdraw": gettext_lazy("The base model %(subject)s was withdrawn."),
    "adapter.open": gettext_lazy("%(actor)s began the house adapter %(name)s."),
    "adapter.publish": gettext_lazy("%(actor)s handed in the house adapter %(subject)s to be checked and published."),
    "adapter.published": gettext_lazy("The house adapter %(subject)s was checked and published."),
    "adapter.refused": gettext_lazy("The house adapter %(subject)s was checked and refused."),
    "adapter.hand_over": gettext_lazy("%(actor)s asked for a copy of the house adapter %(subject)s under %(licence)s."),
    "adapter.certify": gettext_lazy("The certificate and a mark were written into a copy of the house adapter %(adapter)s."),
    "adapter.link": gettext_lazy("%(actor)s downloaded the house adapter %(subject)s under %(licence)s."),
    "offering.open": gettext_lazy("%(actor)s opened the offering %(name)s."),
    "tier.open": gettext_lazy("%(actor)s put the tier %(subject)s on sale for %(price)s."),
    "tier.revise": gettext_lazy("%(actor)s gave the tier %(subject)s new terms or a new price: revision %(revision)s, %(price)s."),
    "tier.close": gettext_lazy("%(actor)s took the tier %(subject)s off sale."),
    "tier.reopen": gettext_lazy("%(actor)s put the tier %(subject)s on sale again."),
    "sample.add": gettext_lazy("%(actor)s added the sample %(subject)s to a base model."),
    "sample.ready": gettext_lazy("The sample %(subject)s was checked and is shown."),
    "sample.refuse": gettext_lazy("The sample %(subject)s was checked and refused."),
    "sample.remove": gettext_lazy("%(actor)s removed the sample %(subject)s."),
    "order.open": gettext_lazy("%(actor)s began the purchase %(subject)s for %(price)s."),
    "order.paid": gettext_lazy("The purchase %(subject)s was paid: %(price)s."),
    "order.expired": gettext_lazy("The purchase %(subject)s was left without paying."),
    "order.mismatch": gettext_lazy("The purchase %(subject)s was put aside: what was paid is not what was ordered."),
    "order.foreign_payment": gettext_lazy("A payment that is not ours named the purchase %(subject)s; nothing followed."),
    "order.refund_asked": gettext_lazy("%(actor)s asked for money back on the purchase %(subject)s."),
    "order.refund_failed": gettext_lazy("A refund of the purchase %(subject)s did not go through."),
    "order.refunded": gettext_lazy("Money was paid back on the purchase %(subject)s."),
    "order.disputed": gettext_lazy("The buyer’s bank disputes the payment of the purchase %(subject)s."),
    "order.dispute_won": gettext_lazy("The disputed payment of the purchase %(subject)s stands."),
    "order.dispute_lost": gettext_lazy("The disputed payment of the purchase %(subject)s was lost."),
    "seat.offer": gettext_lazy("%(actor)s offered a seat of the licence %(licence)s to somebody."),
    "seat.withdraw": gettext_lazy("%(actor)s withdrew the offer of a seat of the licence %(licence)s."),
    "seat.take": gettext_lazy("%(actor)s took a seat of the licence %(licence)s."),
    "seat.end": gettext_lazy("%(actor)s took the seat of %(person)s in the licence %(licence)s back."),
    "seat.leave": gettext_lazy("%(actor)s gave up the seat in the licence %(licence)s."),
    "licence.grant": gettext_lazy("%(actor)s received the licence %(licence)s under the tier %(tier)s, revision %(revision)s."),
    "licence.suspend": gettext_lazy("%(actor)s suspended the licence %(licence)s: %(reason)s."),
    "licence.restore": gettext_lazy("%(actor)s restored the licence %(licence)s: %(reason)s."),
    "licence.revoke": gettext_lazy("%(actor)s revoked the licence %(licence)s for good: %(reason)s."),
    "licence.base_download": gettext_lazy("%(actor)s downloaded the base model under %(licence)s."),
    "training.quote": gettext_lazy("%(actor)s asked what a training under %(licence)s would take: %(seconds)s."),
    "training.start": gettext_lazy("%(actor)s started the training %(subject)s; %(seconds)s of the allowance were put on hold."),
    "training.done": gettext_lazy("The training %(subject)s of %(actor)s is done and made %(model)s; it took %(seconds)s."),
    "training.cancel": gettext_lazy("%(actor)s asked to stop the training %(subject)s."),
    "training.preflight": gettext_lazy("A worker took the training %(subject)s: %(code)s."),
    "training.running": gettext_lazy("The training %(subject)s took its first step."),
    "training.finishing": gettext_lazy("The training %(subject)s took its last step; its files are stored."),
    "training.queued": gettext_lazy("The training %(subject)s went back into the queue: %(code)s."),
    "training.pause": gettext_lazy("%(actor)s asked to pause the training %(subject)s."),
    "training.paused": gettext_lazy("The training %(subject)s of %(actor)s was paused; it took %(seconds)s so far."),
    "training.resume": gettext_lazy("%(actor)s resumed the training %(subject)s."),
    "training.finish": gettext_lazy("%(actor)s took step %(at)s of the training %(subject)s as its result."),
    "training.requeue": gettext_lazy("The training %(subject)s was taken from its worker by an operator; another goes on."),
    "training.withdrawn": gettext_lazy("The training %(subject)s of %(actor)s was stopped because its material was taken down."),
    "training.cancelled": gettext_lazy("The training %(subject)s of %(actor)s was cancelled; it took %(seconds)s."),
    "training.rejected": gettext_lazy("The training %(subject)s of %(actor)s was stopped because a right was taken back."),
    "training.failed_user": gettext_lazy("The training %(subject)s of %(actor)s failed on its material or settings; nothing was charged."),
    "training.failed_system": gettext_lazy("The training %(subject)s of %(actor)s failed by our fault; nothing was charged."),
    "model.publish": gettext_lazy("The custom model %(subject)s of %(actor)s was published under %(licence)s."),
    "model.hand_over": gettext_lazy("%(actor)s asked for a copy of the custom model %(subject)s."),
    "model.certify": gettext_lazy("The certificate was written into a copy of %(subject)s for %(actor)s."),
    "model.link": gettext_lazy("%(actor)s downloaded the custom model %(subject)s."),
    "model.rename": gettext_lazy("%(actor)s renamed the custom model %(subject)s."),
    "model.declare": gettext_lazy("%(actor)s declared what the custom model %(subject)s is for from now on."),
    "model.withdraw": gettext_lazy("The custom model %(subject)s was withdrawn: %(reason)s."),
    "takedown.begin": gettext_lazy("%(actor)s took down %(about)s; %(licences)s licences of this studio stand on it."),
    "takedown.lift": gettext_lazy("%(actor)s lifted the takedown of %(about)s."),
    "takedown.tier": gettext_lazy("The tier %(subject)s went off sale: it stands on what was taken down (%(takedown)s)."),
    "takedown.tier_back": gettext_lazy("The tier %(subject)s is on sale again: the takedown %(takedown)s was lifted."),
    "takedown.model": gettext_lazy("The custom model %(subject)s may no longer be used: it stands on what was taken down (%(takedown)s)."),
    "takedown.handover": gettext_lazy("The certificate of the copy %(subject)s went on the revocation list by the takedown %(takedown)s."),
}
OTHERWISE = gettext_lazy("%(actor)s: %(action)s, %(subject)s.")
ISOLATED = "\u2068{}\u2069"
SHOWN = 6


def told(entry: Entry) -> str:
    """In the reader's language. An action without a sentence of its own is named as it is."""
    sentence = SENTENCES.get(entry.action, OTHERWISE)
    return str(sentence) % _Words(entry)


def plain(entry: Entry) -> dict[str, Any]:
    """What stands in the log, under the names of the API."""
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "actor": ids.public("usr", entry.actor) if entry.actor else None,
        "action": entry.action,
        "subject": entry.subject,
        "titles": entry.titles,
        "licence": entry.licence,
        "detail": entry.detail,
    }


class _Words(dict[str, str]):
    """What the placeholders stand for; a dash where the entry says nothing."""

    def __init__(self, entry: Entry) -> None:
        facts = {name: _shown(name, value) for name, value in entry.detail.items()}
        actor = short(ids.public("usr", entry.actor)) if entry.actor else gettext("Atelier")
        own = {"action": entry.action, "subject": short(entry.subject), "licence": short(entry.licence), "actor": actor}
        super().__init__(facts | own)

    def __missing__(self, name: str) -> str:
        return "–"


def short(public_id: str) -> str:
    prefix, mark, rest = public_id.partition("_")
    return f"{prefix}_…{rest[-SHOWN:]}" if mark and len(rest) > SHOWN else public_id or "–"


def _shown(name: str, value: Any) -> str:
    if name == "seconds" and isinstance(value, int):
        return duration(value)
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return _money(value)
    if name in ("role", "before"):
        return str(ROLES.get(value, value))
    if name == "member" and isinstance(value, str):
        return short(f"usr_{value.replace('-', '')}")
    text = str(value)
    return short(text) if _is_id(text) else ISOLATED.format(text)


def _is_id(text: str) -> bool:
    prefix, mark, rest = text.partition("_")
    return bool(mark) and len(prefix) == 3 and len(rest) == 32


def _money(value: dict[str, Any]) -> str:
    try:
        return money(Money(value["amount"], value["currency"]))
    except BadMoney:
        return f"{value['amount']} {value['currency']}"
