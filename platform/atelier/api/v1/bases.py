"""Studios' base models: opened, uploaded in parts, published."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.catalog import actions
from atelier.catalog.learned import GIVEN
from atelier.catalog.models import BaseFile, BaseVersion, Title

from ..fields import PublicId, StrictIntegerField
from ..views import View
from .parts import LearnedIn, PartOut


class FileIn(serializers.Serializer[Any]):
    path = serializers.CharField(max_length=actions.LONGEST_PATH)
    bytes = StrictIntegerField(min_value=1, max_value=actions.LARGEST_FILE)
    sha256 = serializers.CharField(max_length=64)


class BaseIn(LearnedIn):
    studio = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)
    version = serializers.CharField(max_length=40)
    family = serializers.CharField(max_length=40)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    height = StrictIntegerField(min_value=16, max_value=8192)
    width = StrictIntegerField(min_value=16, max_value=8192)
    frames = StrictIntegerField(min_value=1, max_value=10_000)
    fps = serializers.DecimalField(max_digits=7, decimal_places=4, min_value=Decimal("0.1"), max_value=Decimal(240))
    titles = serializers.ListField(child=serializers.CharField(max_length=40), max_length=500, required=False)
    files = serializers.ListField(child=FileIn(), min_length=1, max_length=actions.MOST_FILES)


class FileOut(serializers.ModelSerializer[BaseFile]):
    class Meta:
        model = BaseFile
        fields = ("path", "bytes", "sha256", "complete", "part_count", "part_bytes")

    part_count = serializers.IntegerField()
    part_bytes = serializers.IntegerField()


class BaseOut(serializers.ModelSerializer[BaseVersion]):
    id = serializers.CharField(source="public_id")
    studio = PublicId()
    name = serializers.CharField(source="base.name")
    titles: Any = serializers.ListSerializer(child=PublicId(), source="titles.all")
    files = FileOut(many=True)

    class Meta:
        model = BaseVersion
        fields = (
            *("id", "studio", "name", "version", "family", "description", "state", "problem", "digest"),
            *("height", "width", "frames", "fps", "titles", "files", *GIVEN, "created_at"),
        )


class Bases(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="bases_list", responses=BaseOut(many=True))
    def get(self, request: Request) -> Response:
        rows = access.visible(BaseVersion, self.person).select_related("base__studio").prefetch_related("titles", "files")
        return self.page(rows, BaseOut)

    @extend_schema(operation_id="bases_open", request=BaseIn, responses={201: BaseOut})
    def post(self, request: Request) -> Response:
        data = self.understand(BaseIn)
        version = actions.open_base(
            studio=access.studio(data["studio"], self.person),
            by=self.person,
            clip=actions.Clip(data["height"], data["width"], data["frames"], float(data["fps"])),
            titles=[access.find(Title, title, self.person) for title in data.get("titles", [])],
            files=[actions.FileSpec(**file) for file in data["files"]],
            **{name: data[name] for name in ("name", "version", "family", "description", *GIVEN)},
        )
        version.refresh_from_db()
        return Response(BaseOut(version).data, status=201)


class BaseDetail(View):
    @extend_schema(operation_id="bases_get", responses=BaseOut)
    def get(self, request: Request, base: str) -> Response:
        return Response(BaseOut(access.find(BaseVersion, base, self.person)).data)


class BasePartsIn(serializers.Serializer[Any]):
    path = serializers.CharField(max_length=actions.LONGEST_PATH)
    numbers = serializers.ListField(child=StrictIntegerField(min_value=1, max_value=10_000), min_length=1, max_length=100)


class BaseParts(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="bases_parts", request=BasePartsIn, responses=PartOut(many=True))
    def post(self, request: Request, base: str) -> Response:
        version = access.find(BaseVersion, base, self.person)
        links = actions.send_parts(version=version, by=self.person, **self.understand(BasePartsIn))
        return Response([asdict(link) for link in links])


class BaseCompleteIn(serializers.Serializer[Any]):
    path = serializers.CharField(max_length=actions.LONGEST_PATH)


class BaseComplete(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="bases_complete", request=BaseCompleteIn, responses=FileOut)
    def post(self, request: Request, base: str) -> Response:
        version = access.find(BaseVersion, base, self.person)
        return Response(FileOut(actions.complete_file(version=version, by=self.person, **self.understand(BaseCompleteIn))).data)


class BasePublish(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="bases_publish", request=None, responses={202: BaseOut})
    def post(self, request: Request, base: str) -> Response:
        version = access.find(BaseVersion, base, self.person)
        actions.publish(version=version, by=self.person)
        return Response(BaseOut(version).data, status=202)


urlpatterns = [
    path("bases", Bases.as_view()),
    path("bases/<str:base>", BaseDetail.as_view()),
    path("bases/<str:base>/parts", BaseParts.as_view()),
    path("bases/<str:base>/complete", BaseComplete.as_view()),
    path("bases/<str:base>/publish", BasePublish.as_view()),
]
