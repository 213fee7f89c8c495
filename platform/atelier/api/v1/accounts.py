"""Who am I, and my tokens."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import actions
from atelier.accounts.models import ApiToken, Membership
from atelier.kit.ids import not_found

from ..fields import PublicId, StrictIntegerField
from ..views import View


class MembershipOut(serializers.ModelSerializer[Membership]):
    studio = PublicId()
    studio_name = serializers.CharField(source="studio.name")

    class Meta:
        model = Membership
        fields = ("studio", "studio_name", "role")


class MeOut(serializers.Serializer[Any]):
    id = serializers.CharField(source="public_id")
    email = serializers.EmailField()
    name = serializers.CharField()
    language = serializers.CharField()
    memberships = MembershipOut(many=True)


class Me(View):
    @extend_schema(operation_id="me", responses=MeOut)
    def get(self, request: Request) -> Response:
        return Response(MeOut(self.person).data)


class TokenIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.CharField(max_length=20), max_length=10)
    days = StrictIntegerField(default=90)


class TokenOut(serializers.ModelSerializer[ApiToken]):
    id = serializers.CharField(source="public_id")

    class Meta:
        model = ApiToken
        fields = ("id", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")


class NewTokenOut(TokenOut):
    token = serializers.CharField(help_text="The plain text. Shown this once; only its HMAC is kept.")

    class Meta(TokenOut.Meta):
        fields = (*TokenOut.Meta.fields, "token")  # type: ignore[assignment]


class Tokens(View):
    secret = True

    @extend_schema(operation_id="tokens_list", responses=TokenOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(ApiToken.objects.filter(user=self.person), TokenOut)

    @extend_schema(operation_id="tokens_issue", request=TokenIn, responses={201: NewTokenOut})
    def post(self, request: Request) -> Response:
        if isinstance(self.request.auth, ApiToken):  # a stolen token must not mint others
            raise actions.Refused("session_needed", "Sign in with your password to issue tokens; a token cannot issue another.", status=403)
        token, plain = actions.issue_token(user=self.person, **self.understand(TokenIn))
        token.token = plain  # type: ignore[attr-defined]
        return Response(NewTokenOut(token).data, status=201)


class TokenDetail(View):
    @extend_schema(operation_id="tokens_revoke", responses={204: None})
    def delete(self, request: Request, token: str) -> Response:
        row = ApiToken.objects.filter(user=self.person, pk=ApiToken.parse_id(token)).first()
        if row is None:
            raise not_found()
        if isinstance(self.request.auth, ApiToken) and self.request.auth.pk != row.pk:
            raise actions.Refused(
                "session_needed", "A token can revoke itself only. Sign in with your password to revoke others.", status=403
            )
        actions.revoke_token(token=row, by=self.person)
        return Response(status=204)


urlpatterns = [
    path("me", Me.as_view()),
    path("tokens", Tokens.as_view()),
    path("tokens/<str:token>", TokenDetail.as_view()),
]
