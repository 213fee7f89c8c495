"""Members of the studio: who they are, inviting, roles, leaving; and the page behind the link of an invitation."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST

from atelier.accounts import actions as accounts
from atelier.accounts.access import STUDIO_WRITERS, require_role
from atelier.accounts.door import kept, person, signed_in
from atelier.accounts.models import Membership, Role
from atelier.accounts.queries import has_address
from atelier.kit.mail import masked
from atelier.kit.refused import Refused

from . import actions, people
from .forms import InviteForm, RoleForm
from .room import Room, room, show
from .words import ROLES


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, studio: str) -> HttpResponse:
    sends = request.method == "POST"
    here = room(request, studio, STUDIO_WRITERS) if sends else room(request, studio)
    form = InviteForm(request.POST if sends else kept(request), role=here.role)
    if sends and form.is_valid() and _invited(here, form):
        messages.success(request, gettext("The invitation is on its way to %(email)s. It is good for a week.") % form.cleaned_data)
        return redirect("studio-members", studio)
    rows = list(people.members(here.studio))
    shown = {
        "form": form if here.writes else None,
        "members": [(row, ROLES[row.role]) for row in rows],
        "lacking": people.lacking(here.studio),
        "invitations": [(row, ROLES[row.role]) for row in people.invitations(here.studio)],
        "rights": people.rights(),
        "roles": list(ROLES.values()),
    }
    return show(request, here, "studio/members.html", shown, status=422 if sends else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, studio: str, member: str) -> HttpResponse:
    """A member's role and her leaving. Who may do neither sees no form, and is refused one."""
    here = room(request, studio)
    row = people.find(here.studio, member)
    sends = request.method == "POST"
    if sends and "remove" in request.POST:
        return _remove(request, here, row)
    if sends:
        require_role(here.studio, here.person, (Role.OWNER,))
    form = RoleForm(request.POST if sends else kept(request) or {"role": row.role})
    if sends and form.is_valid():
        accounts.change_role(member=row, by=here.person, role=form.cleaned_data["role"])
        messages.success(request, gettext("The role is changed."))
        return redirect("studio-members", studio)
    myself = row.user_id == here.person.pk
    may_remove = myself or here.role in accounts.may_give(row.role)
    shown = {"member": row, "role_name": ROLES[row.role], "form": form if here.owns else None, "myself": myself, "may_remove": may_remove}
    return show(request, here, "studio/member.html", shown, status=422 if sends else 200)


@signed_in
@require_POST
def withdraw(request: HttpRequest, studio: str, invitation: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    actions.withdraw(invitation=people.find_invitation(here.studio, invitation), by=here.person)
    messages.success(request, gettext("The invitation is withdrawn; its link opens nothing any more."))
    return redirect("studio-members", studio)


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, ticket: str) -> HttpResponseBase:
    """What the link of the mail opens, signed in or not; accepting needs an account of the address that it was sent to."""
    row = actions.of_ticket(ticket)
    actions.require_open(row)
    if request.method == "POST":
        return _accept(request, ticket)
    fits = request.user.is_authenticated and has_address(person(request), row.email)
    shown = {
        "invitation": row,
        "role": ROLES[row.role],
        "fits": fits,
        "address": masked(row.email),
        "rights": people.rights(),
        "roles": list(ROLES.values()),
    }
    return render(request, "studio/invitation.html", shown)


@signed_in
def _accept(request: HttpRequest, ticket: str) -> HttpResponse:
    row = actions.of_ticket(ticket)
    actions.accept(invitation=row, by=person(request))
    messages.success(request, gettext("You are a member of %(studio)s now.") % {"studio": row.studio.name})
    return redirect("studio-room", row.studio.public_id)


def _invited(here: Room, form: InviteForm) -> bool:
    """Whether it went out. A refusal is shown in the form, with what was typed."""
    try:
        actions.invite(studio=here.studio, by=here.person, language=get_language() or "en", **form.cleaned_data)
    except Refused as refused:
        form.add_error("email", refused.told())
        return False
    return True


def _remove(request: HttpRequest, here: Room, row: Membership) -> HttpResponse:
    accounts.remove_member(member=row, by=here.person)
    if row.user_id == here.person.pk:
        messages.success(request, gettext("You have left %(studio)s.") % {"studio": here.studio.name})
        return redirect("home")
    messages.success(request, gettext("This person is no longer a member."))
    return redirect("studio-members", here.id)
