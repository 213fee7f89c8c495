"""House adapters: opened with their titles and uploaded in parts, or trained in house; checked and published."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.catalog import adapters
from atelier.catalog.learned import GIVEN
from atelier.catalog.models import BaseVersion, HouseAdapter, Title
from atelier.library.models import CustomModel
from atelier.licences import inhouse
from atelier.trainings import house

from ..fields import PublicId, StrictIntegerField
from ..views import View
from .licences import LicenceOut
from .parts import LearnedIn, PartOut


class AdapterIn(LearnedIn):
    version = serializers.CharField(max_length=40, help_text="The base model version that wears it.")
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    titles = serializers.ListField(child=serializers.CharField(max_length=40), min_length=1, max_length=500)
    bytes = StrictIntegerField(min_value=1, max_value=adapters.LARGEST)
    sha256 = serializers.CharField(max_length=64)
    part = StrictIntegerField(min_value=1, max_value=2, required=False, default=1, help_text="Of a base with two transformers, which.")


class AdapterOut(serializers.ModelSerializer[HouseAdapter]):
    id = serializers.CharField(source="public_id")
    version = PublicId()
    titles: Any = serializers.ListSerializer(child=PublicId(), source="titles.all")
    part_count = serializers.IntegerField()
    part_bytes = serializers.IntegerField()

    class Meta:
        model = HouseAdapter
        upload = ("bytes", "sha256", "part_count", "part_bytes")
        fields = ("id", "version", "part", "name", "description", "state", "problem", "digest", "titles", *upload, *GIVEN, "created_at")


class Adapters(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="adapters_list", responses=AdapterOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(HouseAdapter, self.person).select_related("version").prefetch_related("titles"), AdapterOut)

    @extend_schema(operation_id="adapters_open", request=AdapterIn, responses={201: AdapterOut})
    def post(self, request: Request) -> Response:
        data = self.understand(AdapterIn)
        version = access.find(BaseVersion, data.pop("version"), self.person)
        titles = [access.find(Title, title, self.person) for title in data.pop("titles")]
        row = adapters.open_adapter(version=version, by=self.person, titles=titles, **data)
        row.refresh_from_db()
        return Response(AdapterOut(row).data, status=201)


class AdapterDetail(View):
    @extend_schema(operation_id="adapters_get", responses=AdapterOut)
    def get(self, request: Request, adapter: str) -> Response:
        return Response(AdapterOut(access.find(HouseAdapter, adapter, self.person)).data)


class NumbersIn(serializers.Serializer[Any]):
    numbers = serializers.ListField(child=StrictIntegerField(min_value=1, max_value=10_000), min_length=1, max_length=100)


class AdapterParts(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="adapters_parts", request=NumbersIn, responses=PartOut(many=True))
    def post(self, request: Request, adapter: str) -> Response:
        row = access.find(HouseAdapter, adapter, self.person)
        links = adapters.send_parts(adapter=row, by=self.person, numbers=self.understand(NumbersIn)["numbers"])
        return Response([asdict(link) for link in links])


class AdapterComplete(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="adapters_complete", request=None, responses={202: AdapterOut}, description="Checked, then published.")
    def post(self, request: Request, adapter: str) -> Response:
        row = access.find(HouseAdapter, adapter, self.person)
        return Response(AdapterOut(adapters.complete(adapter=row, by=self.person)).data, status=202)


class InHouse(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="bases_in_house", request=None, responses={201: LicenceOut})
    def post(self, request: Request, base: str) -> Response:
        """The licence under which you train a house adapter on your studio's own base. Asked again, the one that you have."""
        return Response(LicenceOut(inhouse.grant(version=access.find(BaseVersion, base, self.person), by=self.person)).data, status=201)


class FromModelIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")


class FromModel(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="adapters_from_model", request=FromModelIn, responses={202: AdapterOut})
    def post(self, request: Request, model: str) -> Response:
        """A model that you trained in house becomes a house adapter; its titles are those of its clips. Checked, then published."""
        row = house.publish(model=access.find(CustomModel, model, self.person), by=self.person, **self.understand(FromModelIn))
        row.refresh_from_db()
        return Response(AdapterOut(row).data, status=202)


urlpatterns = [
    path("bases/<str:base>/in-house-licence", InHouse.as_view()),
    path("models/<str:model>/house-adapter", FromModel.as_view()),
    path("adapters", Adapters.as_view()),
    path("adapters/<str:adapter>", AdapterDetail.as_view()),
    path("adapters/<str:adapter>/parts", AdapterParts.as_view()),
    path("adapters/<str:adapter>/complete", AdapterComplete.as_view()),
]
