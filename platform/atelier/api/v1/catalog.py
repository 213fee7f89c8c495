"""What is on sale, for everybody: the catalogue, and one tier with its text."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.catalog import queries
from atelier.catalog.models import BaseVersion, Offering, Tier
from atelier.kit.refused import Refused
from licensing.text import UnknownLanguage, licence_text, summary, text_hash

from ..fields import MoneyField
from ..views import View

LANGUAGE = OpenApiParameter("language", str, enum=["en", "fr"], description="The language of the text; en unless told.")


class BaseShownOut(serializers.ModelSerializer[BaseVersion]):
    """What anybody may know of a published base model."""

    name = serializers.CharField(source="base.name")
    titles = serializers.SerializerMethodField()

    class Meta:
        model = BaseVersion
        fields = ("name", "version", "family", "description", "digest", "height", "width", "frames", "fps", "titles")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_titles(self, version: BaseVersion) -> list[str]:
        return [title.name for title in version.titles.all()]


class OnSaleOut(serializers.ModelSerializer[Tier]):
    id = serializers.CharField(source="public_id")
    revision = serializers.SerializerMethodField()
    price = serializers.SerializerMethodField()

    class Meta:
        model = Tier
        fields = ("id", "name", "revision", "price")

    def get_revision(self, tier: Tier) -> str:
        return tier.revisions.all()[0].public_id

    @extend_schema_field(MoneyField)
    def get_price(self, tier: Tier) -> dict[str, Any]:
        return tier.revisions.all()[0].price.to_dict()


class CatalogueOut(serializers.ModelSerializer[Offering]):
    id = serializers.CharField(source="public_id")
    studio = serializers.CharField(source="studio.name")
    base = BaseShownOut(source="version")
    tiers = OnSaleOut(many=True, source="on_sale")

    class Meta:
        model = Offering
        fields = ("id", "studio", "name", "base", "tiers")


class Catalogue(View):
    public = True

    @extend_schema(operation_id="catalogue", responses=CatalogueOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(queries.catalogue(), CatalogueOut)


class TierShownOut(serializers.Serializer[Any]):
    """A tier as a buyer reads it: in short, as data, and as the text that she accepts by its hash."""

    id = serializers.CharField()
    name = serializers.CharField()
    open = serializers.BooleanField()
    offering = serializers.CharField()
    studio = serializers.CharField()
    base = BaseShownOut()
    revision = serializers.CharField()
    number = serializers.IntegerField()
    price = MoneyField()
    terms = serializers.DictField()
    may = serializers.ListField(child=serializers.CharField())
    may_not = serializers.ListField(child=serializers.CharField())
    language = serializers.CharField()
    text = serializers.CharField()
    text_hash = serializers.CharField()


class TierDetail(View):
    public = True

    @extend_schema(operation_id="tiers_get", parameters=[LANGUAGE], responses=TierShownOut)
    def get(self, request: Request, tier: str) -> Response:
        row, language = queries.tier(tier), request.query_params.get("language", "en")
        try:
            return Response(TierShownOut(_shown(row, language)).data)
        except UnknownLanguage as error:
            raise Refused("unknown_language", "Licence texts are in en and fr.", status=422) from error


def _shown(tier: Tier, language: str) -> dict[str, Any]:
    revision = tier.current
    may, may_not = summary(revision.terms, language)
    return {
        "id": tier.public_id,
        "name": tier.name,
        "open": tier.open,
        "offering": tier.offering.name,
        "studio": tier.offering.version.studio.name,
        "base": tier.offering.version,
        "revision": revision.public_id,
        "number": revision.number,
        "price": revision.price,
        "terms": revision.terms_json,
        "may": may,
        "may_not": may_not,
        "language": language,
        "text": licence_text(revision.terms, language),
        "text_hash": text_hash(revision.terms, language),
    }


urlpatterns = [
    path("tiers/<str:tier>", TierDetail.as_view()),
    path("catalogue", Catalogue.as_view()),
]
