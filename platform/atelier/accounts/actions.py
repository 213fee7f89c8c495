"""What people do with accounts, studios and tokens."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from atelier.audit.actions import record
from atelier.kit.refused import Refused

from . import tokens
from .access import STUDIO_WRITERS, require_role
from .models import ApiToken, Membership, Role, Studio, User

SCOPES = ("read", "buy", "train", "studio")
LONGEST_TOKEN_DAYS = 365


@transaction.atomic
def open_studio(*, owner: User, name: str, country: str) -> Studio:
    studio = Studio.objects.create(name=name, country=country)
    Membership.objects.create(studio=studio, user=owner, role=Role.OWNER)
    record(action="studio.open", subject=studio.public_id, studio=studio.id, actor=owner.id, name=name)
    return studio


@transaction.atomic
def describe(*, user: User, name: str, language: str) -> User:
    """What she is called, and the language that we write to her in."""
    user.name, user.language = name, language
    user.save(update_fields=["name", "language"])
    record(action="account.describe", subject=user.public_id, studio=None, actor=user.id)
    return user


@transaction.atomic
def appoint(*, user: User, staff: bool) -> None:
    """Makes her one of our staff, or no longer. By whoever runs the servers: no page does this, and the log has no actor."""
    user.is_staff = staff
    user.save(update_fields=["is_staff"])
    record(action="account.appoint" if staff else "account.dismiss", subject=user.public_id, studio=None, actor=None)


@transaction.atomic
def issue_token(*, user: User, name: str, scopes: list[str], days: int) -> tuple[ApiToken, str]:
    """A new token and its plain text, which is not stored and cannot be shown again."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Refused("unknown_scope", "Choose scopes among %(scopes)s.", status=422, scopes=", ".join(SCOPES), unknown=unknown)
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Refused("token_too_long", "A token lives between 1 and %(most)s days.", status=422, most=LONGEST_TOKEN_DAYS)
    plain = tokens.mint()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=tokens.digest(plain),
        hint=plain[:8],
        scopes=sorted(set(scopes)),
        expires_at=Now() + timedelta(days=days),
    )
    token.refresh_from_db()
    record(action="token.issue", subject=token.public_id, studio=None, actor=user.id, scopes=token.scopes)
    return token, plain


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User) -> None:
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now()):
        record(action="token.revoke", subject=token.public_id, studio=None, actor=by.id)


def use_token(plain: str) -> ApiToken | None:
    """The live token of this plain text, its use noted (once a minute at most, to spare writes)."""
    if not tokens.well_formed(plain):
        return None
    live = ApiToken.objects.filter(digest=tokens.digest(plain), revoked_at=None, expires_at__gt=Now(), user__is_active=True)
    token = live.select_related("user").first()
    if token is not None:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - timedelta(minutes=1))
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=Now())
    return token


def may_give(role: str) -> tuple[Role, ...]:
    """Who decides about members of this role: owners about everybody, admins about auditors."""
    return STUDIO_WRITERS if role == Role.AUDITOR else (Role.OWNER,)


@transaction.atomic
def change_role(*, member: Membership, by: User, role: str) -> Membership:
    """Owners change roles. Refused("last_owner") where nobody would own the studio any more."""
    row = _locked(member)
    require_role(row.studio, by, (Role.OWNER,))
    before = row.role
    if before == role:
        return row
    if before == Role.OWNER:
        _require_another_owner(row)
    row.role = role
    row.save(update_fields=["role"])
    facts = {"member": str(row.user_id), "before": before, "role": role}
    record(action="studio.change_role", subject=row.public_id, studio=row.studio_id, actor=by.id, **facts)
    return row


@transaction.atomic
def remove_member(*, member: Membership, by: User) -> None:
    """Owners remove anybody, admins auditors, and everybody may leave. Refused("last_owner") for the last owner."""
    row = _locked(member)
    leaving = row.user_id == by.id
    if not leaving:
        require_role(row.studio, by, may_give(row.role))
    if row.role == Role.OWNER:
        _require_another_owner(row)
    action = "studio.leave" if leaving else "studio.remove_member"
    facts = {"member": str(row.user_id), "role": row.role}
    record(action=action, subject=row.public_id, studio=row.studio_id, actor=by.id, **facts)
    row.delete()


def _locked(member: Membership) -> Membership:
    """The member, with her studio locked: two owners cannot remove each other at the same moment."""
    Studio.objects.select_for_update().get(pk=member.studio_id)
    row = Membership.objects.select_related("studio").filter(pk=member.pk).first()
    if row is None:
        raise Refused("moved_meanwhile", "This person is no longer a member. Reload to see who is.")
    return row


def _require_another_owner(member: Membership) -> None:
    if not Membership.objects.filter(studio=member.studio_id, role=Role.OWNER).exclude(pk=member.pk).exists():
        raise Refused("last_owner", "A studio needs an owner. Make somebody else an owner first.")
