"""Who am I, my tokens, studios and their members, and a studio's audit log."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access, actions
from atelier.accounts.models import ApiToken, Membership, Role, Studio
from atelier.audit import queries as audit
from atelier.audit.models import Entry
from atelier.kit import ids
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
        return self.page(Studio.objects.filter(pk__in=access.studios(self.person)), StudioOut)

    @extend_schema(operation_id="studios_open", request=StudioIn, responses={201: StudioOut})
    def post(self, request: Request) -> Response:
        studio = actions.open_studio(owner=self.person, **self.understand(StudioIn))
        studio.refresh_from_db()
        return Response(StudioOut(studio).data, status=201)


class MemberIn(serializers.Serializer[Any]):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)


class MemberOut(serializers.ModelSerializer[Membership]):
    id = serializers.CharField(source="public_id")
    user = PublicId()

    class Meta:
        model = Membership
        fields = ("id", "user", "role")


class Members(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="studios_members_add", request=MemberIn, responses={201: MemberOut})
    def post(self, request: Request, studio: str) -> Response:
        row = access.studio(studio, self.person)
        return Response(MemberOut(actions.add_member(studio=row, by=self.person, **self.understand(MemberIn))).data, status=201)


class EntryOut(serializers.ModelSerializer[Entry]):
    actor = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields = ("id", "at", "actor", "action", "subject", "titles", "licence", "detail")

    def get_actor(self, entry: Entry) -> str | None:
        return ids.public("usr", entry.actor) if entry.actor else None


FILTERS = [
    OpenApiParameter(name, str, description=what)
    for name, what in (
        ("action", "prefix, e.g. `training.`"),
        ("title", "public id of a title"),
        ("licence", "public id of a licence"),
        ("actor", "public id of a person"),
    )
]


class Audit(View):
    """A studio's log, for its owner, admins and auditors."""

    def entries(self, studio: str) -> QuerySet[Entry]:
        wanted = self.request.query_params
        row = access.studio(studio, self.person)
        return audit.of_studio(
            row.id,
            action=wanted.get("action", ""),
            title=wanted.get("title", ""),
            licence=wanted.get("licence", ""),
            actor=ids.parse("usr", wanted["actor"]) if wanted.get("actor") else None,
        )

    @extend_schema(operation_id="studios_audit", parameters=FILTERS, responses=EntryOut(many=True))
    def get(self, request: Request, studio: str) -> Response:
        return self.page(self.entries(studio), EntryOut)


class AuditCsv(Audit):
    @extend_schema(operation_id="studios_audit_csv", parameters=FILTERS, responses={(200, "text/csv"): str})
    def get(self, request: Request, studio: str) -> StreamingHttpResponse:
        response = StreamingHttpResponse(audit.as_csv(self.entries(studio).iterator()), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="audit-{studio}.csv"'
        return response


class UsageOut(serializers.Serializer[Any]):
    action = serializers.CharField()
    title = serializers.CharField()
    licence = serializers.CharField()
    times = serializers.IntegerField()


class Usage(Audit):
    """How often what was done, by title and licence: the auditor's first question."""

    @extend_schema(operation_id="studios_usage", parameters=FILTERS, responses=UsageOut(many=True))
    def get(self, request: Request, studio: str) -> Response:
        return Response(UsageOut(audit.usage(self.entries(studio))[:1000], many=True).data)


urlpatterns = [
    path("me", Me.as_view()),
    path("tokens", Tokens.as_view()),
    path("tokens/<str:token>", TokenDetail.as_view()),
    path("studios", Studios.as_view()),
    path("studios/<str:studio>/members", Members.as_view()),
    path("studios/<str:studio>/audit", Audit.as_view()),
    path("studios/<str:studio>/audit.csv", AuditCsv.as_view()),
    path("studios/<str:studio>/usage", Usage.as_view()),
]
