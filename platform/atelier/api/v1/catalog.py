"""What is on sale, for everybody: the catalogue, and one tier with its text."""

from typing import Any

from django.conf import settings
from django.urls import path
from django.utils.translation import override
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.catalog import disclosures, queries
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
    adapter = serializers.SerializerMethodField(help_text="The house adapter that the base wears, or both of a base with two transformers.")
    digest = serializers.CharField(help_text="Of what is licensed: the base, with the house adapter on it.")
    titles = serializers.SerializerMethodField(help_text="All that base and house adapter learned from.")
    tiers = OnSaleOut(many=True, source="on_sale")

    class Meta:
        model = Offering
        fields = ("id", "studio", "name", "base", "adapter", "digest", "titles", "tiers")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_titles(self, offering: Offering) -> list[str]:
        return [title.name for title in offering.titles]

    def get_adapter(self, offering: Offering) -> str | None:
        return offering.worn_name or None


class Catalogue(View):
    public = True

    @extend_schema(operation_id="catalogue", responses=CatalogueOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(queries.catalogue(), CatalogueOut)


class LearnedOut(serializers.Serializer[Any]):
    """A base model version or a house adapter, as two laws ask what it learned from."""

    kind = serializers.ChoiceField(choices=["base", "adapter"])
    id = serializers.CharField()
    name = serializers.CharField()
    digest = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    titles = serializers.ListField(child=serializers.DictField())
    people = serializers.DictField(help_text="Performers of these titles in the studio's register.")
    california = serializers.ListField(child=serializers.DictField(), help_text="AB 2013: ref, asks, answer.")
    europe = serializers.ListField(child=serializers.DictField(), help_text="AI Act, article 53(1)(d): ref, asks, answer.")


class DisclosureOut(serializers.Serializer[Any]):
    offering = serializers.CharField()
    studio = serializers.CharField()
    country = serializers.CharField()
    language = serializers.CharField()
    parts = LearnedOut(many=True)


class DisclosureDetail(View):
    public = True

    @extend_schema(operation_id="disclosures_get", parameters=[LANGUAGE], responses=DisclosureOut)
    def get(self, request: Request, offering: str) -> Response:
        row, language = queries.offering(offering), request.query_params.get("language", "en")
        if language not in dict(settings.LANGUAGES):
            raise Refused("unknown_language", "Licence texts are in en and fr.", status=422)
        with override(language):
            return Response(DisclosureOut(disclosures.of(row, language).to_dict()).data)


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
    path("catalogue/<str:offering>/disclosure", DisclosureDetail.as_view()),
]
