"""Who belongs to a studio: invite, withdraw, accept. Roles and leaving are actions of accounts."""

from datetime import timedelta

from django.db import IntegrityError, transaction

from atelier.accounts.access import require_role
from atelier.accounts.actions import may_give
from atelier.accounts.models import Membership, Studio, User
from atelier.accounts.queries import has_address
from atelier.audit.actions import record
from atelier.kit import outbox, tickets
from atelier.kit.refused import Refused
from atelier.licences.queries import database_now

from .models import Invitation
from .states import INVITATION, InvitationState

INVITATION_LIVES = timedelta(days=7)
MOST_OPEN = 50


@transaction.atomic
def invite(*, studio: Studio, by: User, email: str, role: str, language: str) -> Invitation:
    """Writes to the address. The answer is the same whether or not it has an account. Owners invite for every role, admins auditors."""
    require_role(studio, by, may_give(role))
    Studio.objects.select_for_update().get(pk=studio.pk)
    if Membership.objects.filter(studio=studio, user__email__iexact=email).exists():
        raise Refused("already_member", "This person is already a member. Change the role instead.")
    _forget_expired(studio)
    if Invitation.objects.filter(studio=studio, state=InvitationState.OPEN).count() >= MOST_OPEN:
        raise Refused("too_many_invitations", "Too many invitations are open. Withdraw some of them first.", status=429)
    row = Invitation(studio=studio, email=email, role=role, language=language, by=by, expires_at=database_now() + INVITATION_LIVES)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("already_invited", "This address has an open invitation. Withdraw it to send another.") from error
    # The address stays out of the log: people appear there by opaque id, and this one may have none yet.
    record(action="studio.invite", subject=row.public_id, studio=studio.id, actor=by.id, role=role)
    outbox.post("studio.tell_invited", invitation=str(row.pk))
    return row


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User) -> None:
    require_role(invitation.studio, by, may_give(invitation.role))
    INVITATION.move(invitation, InvitationState.WITHDRAWN)
    record(action="studio.withdraw_invitation", subject=invitation.public_id, studio=invitation.studio_id, actor=by.id)


@transaction.atomic
def accept(*, invitation: Invitation, by: User) -> Membership:
    """Makes her a member. For the person whose address it was sent to; whoever invited must still be one who may."""
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    require_open(row)
    if not has_address(by, row.email):
        raise Refused("other_address", "This invitation was sent to another address. Sign in with the account of that address.", status=403)
    if not Membership.objects.filter(studio=row.studio, user=row.by, role__in=may_give(row.role)).exists():
        raise Refused("inviter_gone", "Whoever invited you may no longer do that. Ask the studio for a new invitation.", status=410)
    try:
        with transaction.atomic():
            member = Membership.objects.create(studio=row.studio, user=by, role=row.role)
    except IntegrityError as error:
        raise Refused("already_member", "You are a member of this studio already.") from error
    INVITATION.move(row, InvitationState.ACCEPTED)
    record(action="studio.join", subject=member.public_id, studio=row.studio_id, actor=by.id, role=row.role, invitation=row.public_id)
    return member


def require_open(invitation: Invitation) -> None:
    """Raises Refused, 410, saying what became of it."""
    if invitation.state == InvitationState.ACCEPTED:
        raise Refused("invitation_used", "This invitation has been accepted already.", status=410)
    if database_now() >= invitation.expires_at:
        raise Refused("invitation_expired", "This invitation has run out. Ask the studio for a new one.", status=410)
    if invitation.state == InvitationState.WITHDRAWN:
        raise Refused("invitation_withdrawn", "The studio has withdrawn this invitation.", status=410)


def of_ticket(text: str) -> Invitation:
    """The invitation of a link, whatever became of it."""
    return tickets.find(Invitation.objects.select_related("studio"), text)


def _forget_expired(studio: Studio) -> None:
    """Those that ran out make room for new ones."""
    rows = Invitation.objects.filter(studio=studio, state=InvitationState.OPEN, expires_at__lte=database_now())
    rows.update(state=InvitationState.WITHDRAWN)
