"""Offerings, and their tiers: opened, revised, closed and opened again."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.catalog import actions
from atelier.catalog.models import BaseVersion, HouseAdapter, Offering, Tier, TierRevision

from ..fields import MoneyField, PublicId
from ..views import View


class OfferingIn(serializers.Serializer[Any]):
    version = serializers.CharField(max_length=40)
    adapter = serializers.CharField(max_length=40, required=False, allow_null=True, default=None, help_text="The house adapter it wears.")
    adapter_2 = serializers.CharField(max_length=40, required=False, allow_null=True, default=None, help_text="On its second transformer.")
    name = serializers.CharField(max_length=200)


class OfferingOut(serializers.ModelSerializer[Offering]):
    id = serializers.CharField(source="public_id")
    studio = PublicId()
    version = PublicId()
    adapter = PublicId(allow_null=True)
    adapter_2 = PublicId(allow_null=True)

    class Meta:
        model = Offering
        fields = ("id", "studio", "version", "adapter", "adapter_2", "name", "created_at")


class Offerings(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="offerings_list", responses=OfferingOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Offering, self.person).select_related("studio", "version", "adapter", "adapter_2"), OfferingOut)

    @extend_schema(operation_id="offerings_open", request=OfferingIn, responses={201: OfferingOut})
    def post(self, request: Request) -> Response:
        data = self.understand(OfferingIn)
        version = access.find(BaseVersion, data["version"], self.person)
        wanted = {name: data[name] for name in ("adapter", "adapter_2") if data[name]}
        worn = {name: access.find(HouseAdapter, each, self.person) for name, each in wanted.items()}
        offering = actions.open_offering(version=version, by=self.person, name=data["name"], **worn)
        offering.refresh_from_db()
        return Response(OfferingOut(offering).data, status=201)


class TierIn(serializers.Serializer[Any]):
    offering = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)
    terms = serializers.DictField(help_text="Every field of the terms but version, grantor, offering and base_digest.")
    price = MoneyField()


class RevisionIn(serializers.Serializer[Any]):
    terms = serializers.DictField()
    price = MoneyField()


class RevisionOut(serializers.ModelSerializer[TierRevision]):
    id = serializers.CharField(source="public_id")
    tier = PublicId()
    price = MoneyField()
    terms = serializers.DictField(source="terms_json")

    class Meta:
        model = TierRevision
        fields = ("id", "tier", "number", "price", "terms", "terms_id", "created_at")


class TierRowOut(serializers.ModelSerializer[Tier]):
    id = serializers.CharField(source="public_id")
    offering = PublicId()
    revision = RevisionOut(source="current")

    class Meta:
        model = Tier
        fields = ("id", "offering", "name", "open", "revision", "created_at")


class Tiers(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="tiers_list", responses=TierRowOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Tier, self.person).select_related("offering"), TierRowOut)

    @extend_schema(operation_id="tiers_open", request=TierIn, responses={201: TierRowOut})
    def post(self, request: Request) -> Response:
        data = self.understand(TierIn)
        offering = access.find(Offering, data.pop("offering"), self.person)
        tier = actions.open_tier(offering=offering, by=self.person, **data)
        tier.refresh_from_db()
        return Response(TierRowOut(tier).data, status=201)


class TierRevisions(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="tiers_revise", request=RevisionIn, responses={201: RevisionOut})
    def post(self, request: Request, tier: str) -> Response:
        row = access.find(Tier, tier, self.person)
        revision = actions.revise_tier(tier=row, by=self.person, **self.understand(RevisionIn))
        revision.refresh_from_db()
        return Response(RevisionOut(revision).data, status=201)


class TierClose(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="tiers_close", request=None, responses=TierRowOut)
    def post(self, request: Request, tier: str) -> Response:
        row = access.find(Tier, tier, self.person)
        actions.close_tier(tier=row, by=self.person)
        return Response(TierRowOut(row).data)


class TierReopen(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="tiers_reopen", request=None, responses=TierRowOut)
    def post(self, request: Request, tier: str) -> Response:
        row = access.find(Tier, tier, self.person)
        actions.reopen_tier(tier=row, by=self.person)
        return Response(TierRowOut(row).data)


urlpatterns = [
    path("offerings", Offerings.as_view()),
    path("tiers", Tiers.as_view()),
    path("tiers/<str:tier>/revisions", TierRevisions.as_view()),
    path("tiers/<str:tier>/close", TierClose.as_view()),
    path("tiers/<str:tier>/reopen", TierReopen.as_view()),
]
