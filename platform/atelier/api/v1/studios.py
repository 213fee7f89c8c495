"""Studios, and who is invited to become a member of one."""

from typing import Any, ClassVar

from django.urls import path
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access, actions
from atelier.accounts.models import Membership, Role, Studio
from atelier.studio import actions as people
from atelier.studio.models import Invitation

from ..fields import PublicId
from ..views import View


class StudioIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    country = serializers.RegexField(r"^[A-Z]{2}$", default="FR")


class StudioOut(serializers.ModelSerializer[Studio]):
    id = serializers.CharField(source="public_id")

    class Meta:
        model = Studio
        fields = ("id", "name", "country", "created_at")


class Studios(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="studios_list", responses=StudioOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(Studio.objects.filter(memberships__user=self.person), StudioOut)

    @extend_schema(operation_id="studios_open", request=StudioIn, responses={201: StudioOut})
    def post(self, request: Request) -> Response:
        studio = actions.open_studio(owner=self.person, **self.understand(StudioIn))
        studio.refresh_from_db()
        return Response(StudioOut(studio).data, status=201)


class InvitationIn(serializers.Serializer[Any]):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)


class InvitationOut(serializers.ModelSerializer[Invitation]):
    """Whether the address has an account is not told."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = Invitation
        fields = ("id", "email", "role", "state", "expires_at", "created_at")


class Members(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="studios_members_invite", request=InvitationIn, responses={201: InvitationOut})
    def post(self, request: Request, studio: str) -> Response:
        """Writes to the address, in the language of the request. Whoever reads its mail becomes a member by accepting, and not before."""
        row = access.studio(studio, self.person)
        wanted = self.understand(InvitationIn)
        invitation = people.invite(studio=row, by=self.person, language=get_language() or "en", **wanted)
        invitation.refresh_from_db()
        return Response(InvitationOut(invitation).data, status=201)


class TicketIn(serializers.Serializer[Any]):
    ticket = serializers.CharField(max_length=300, help_text="The end of the link in the invitation's mail.")


class MemberOut(serializers.ModelSerializer[Membership]):
    id = serializers.CharField(source="public_id")
    studio = PublicId()
    user = PublicId()

    class Meta:
        model = Membership
        fields = ("id", "studio", "user", "role")


class Acceptance(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="invitations_accept", request=TicketIn, responses={201: MemberOut})
    def post(self, request: Request) -> Response:
        """By the person whose address it was sent to."""
        invitation = people.of_ticket(self.understand(TicketIn)["ticket"])
        return Response(MemberOut(people.accept(invitation=invitation, by=self.person)).data, status=201)


urlpatterns = [
    path("studios", Studios.as_view()),
    path("studios/<str:studio>/members", Members.as_view()),
    path("invitations/accept", Acceptance.as_view()),
]
