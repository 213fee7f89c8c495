"""A studio's register: titles with what is known of their rights, and the performers in them. Papers are sent on the pages."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.catalog import rights
from atelier.catalog.models import Clearance, Performer, Title
from atelier.catalog.scope import Representation
from atelier.catalog.states import Basis, ClearanceState

from ..fields import PublicId, StrictIntegerField
from ..views import View

LONGEST = 5000


class TitleFacts(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    year = StrictIntegerField(min_value=1880, max_value=2200, required=False, allow_null=True, default=None)
    eidr = serializers.CharField(max_length=34, required=False, allow_blank=True, default="")


class TitleIn(TitleFacts):
    studio = serializers.CharField(max_length=40)


class TitleOut(serializers.ModelSerializer[Title]):
    id = serializers.CharField(source="public_id")
    studio = PublicId()
    clearance = serializers.ChoiceField(choices=ClearanceState.choices)
    performers: Any = serializers.ListSerializer(child=PublicId(), source="performers.all")

    class Meta:
        model = Title
        fields = ("id", "studio", "name", "year", "eidr", "clearance", "performers", "created_at")


class Titles(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="titles_list", responses=TitleOut(many=True))
    def get(self, request: Request) -> Response:
        rows = access.visible(Title, self.person).select_related("studio").prefetch_related("clearances", "performers")
        return self.page(rows, TitleOut)

    @extend_schema(operation_id="titles_add", request=TitleIn, responses={201: TitleOut})
    def post(self, request: Request) -> Response:
        data = self.understand(TitleIn)
        title = rights.add_title(studio=access.studio(data.pop("studio"), self.person), by=self.person, **data)
        title.refresh_from_db()
        return Response(TitleOut(title).data, status=201)


class TitleDetail(View):
    scopes: ClassVar = {"PATCH": "studio"}

    @extend_schema(operation_id="titles_correct", request=TitleFacts, responses=TitleOut)
    def patch(self, request: Request, title: str) -> Response:
        row = access.find(Title, title, self.person)
        return Response(TitleOut(rights.correct_title(title=row, by=self.person, **self.understand(TitleFacts))).data)


class ClearanceIn(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=ClearanceState.choices)
    basis = serializers.ChoiceField(choices=Basis.choices, required=False, allow_blank=True, default="")
    evidence = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True, default="")


class ClearanceOut(serializers.ModelSerializer[Clearance]):
    id = serializers.CharField(source="public_id")
    by = PublicId()

    class Meta:
        model = Clearance
        fields = ("id", "state", "basis", "evidence", "paper_name", "paper_sha256", "by", "created_at")


class Clearances(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="clearances_list", responses=ClearanceOut(many=True), description="Newest first: the first one counts.")
    def get(self, request: Request, title: str) -> Response:
        row = access.find(Title, title, self.person)
        return self.page(Clearance.objects.filter(title=row).select_related("by"), ClearanceOut)

    @extend_schema(operation_id="clearances_say", request=ClearanceIn, responses={201: ClearanceOut})
    def post(self, request: Request, title: str) -> Response:
        row = access.find(Title, title, self.person)
        said = rights.clear(title=row, by=self.person, **self.understand(ClearanceIn))
        said.refresh_from_db()
        return Response(ClearanceOut(said).data, status=201)


class ScopeIn(serializers.Serializer[Any]):
    """What somebody has agreed to."""

    uses = serializers.CharField(max_length=LONGEST, help_text="Which uses, in a sentence.")
    representation = serializers.ChoiceField(choices=Representation.choices, help_text="Who spoke for her when it was agreed.")
    evidence = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True, default="", help_text="Where it is kept.")
    begins_on = serializers.DateField(required=False, allow_null=True, default=None)
    ends_on = serializers.DateField(required=False, allow_null=True, default=None, help_text="The last day; null: without end.")
    deceased = serializers.BooleanField(required=False, default=False)
    estate = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


SCOPE = ("uses", "representation", "evidence", "begins_on", "ends_on", "deceased", "estate", "withdrawn_at", "paper_name", "paper_sha256")


class PerformerIn(ScopeIn):
    studio = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)


class PerformerOut(serializers.ModelSerializer[Performer]):
    id = serializers.CharField(source="public_id")
    studio = PublicId()
    titles: Any = serializers.ListSerializer(child=PublicId(), source="titles.all")

    class Meta:
        model = Performer
        fields = ("id", "studio", "name", *SCOPE, "titles", "created_at")


class Performers(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="performers_list", responses=PerformerOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Performer, self.person).select_related("studio").prefetch_related("titles"), PerformerOut)

    @extend_schema(operation_id="performers_add", request=PerformerIn, responses={201: PerformerOut})
    def post(self, request: Request) -> Response:
        data = self.understand(PerformerIn)
        row = rights.add_performer(studio=access.studio(data.pop("studio"), self.person), by=self.person, **data)
        row.refresh_from_db()
        return Response(PerformerOut(row).data, status=201)


class PerformerDetail(View):
    scopes: ClassVar = {"PATCH": "studio"}

    @extend_schema(operation_id="performers_revise", request=ScopeIn, responses=PerformerOut)
    def patch(self, request: Request, performer: str) -> Response:
        row = access.find(Performer, performer, self.person)
        return Response(PerformerOut(rights.revise_performer(performer=row, by=self.person, **self.understand(ScopeIn))).data)


class PerformerWithdraw(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="performers_withdraw", request=None, responses=PerformerOut)
    def post(self, request: Request, performer: str) -> Response:
        row = access.find(Performer, performer, self.person)
        return Response(PerformerOut(rights.withdraw_performer(performer=row, by=self.person)).data)


class CastIn(serializers.Serializer[Any]):
    performer = serializers.CharField(max_length=40)
    role = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class Cast(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="titles_cast", request=CastIn, responses=TitleOut)
    def post(self, request: Request, title: str) -> Response:
        row, data = access.find(Title, title, self.person), self.understand(CastIn)
        performer = access.find(Performer, data["performer"], self.person)
        rights.cast(title=row, performer=performer, by=self.person, role=data["role"])
        return Response(TitleOut(row).data)


class Uncast(View):
    scopes: ClassVar = {"DELETE": "studio"}

    @extend_schema(operation_id="titles_uncast", responses={204: None})
    def delete(self, request: Request, title: str, performer: str) -> Response:
        row, her = access.find(Title, title, self.person), access.find(Performer, performer, self.person)
        rights.uncast(title=row, performer=her, by=self.person)
        return Response(status=204)


urlpatterns = [
    path("titles", Titles.as_view()),
    path("titles/<str:title>", TitleDetail.as_view()),
    path("titles/<str:title>/clearances", Clearances.as_view()),
    path("titles/<str:title>/performers", Cast.as_view()),
    path("titles/<str:title>/performers/<str:performer>", Uncast.as_view()),
    path("performers", Performers.as_view()),
    path("performers/<str:performer>", PerformerDetail.as_view()),
    path("performers/<str:performer>/withdraw", PerformerWithdraw.as_view()),
]
