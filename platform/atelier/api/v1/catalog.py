"""What studios offer: titles, base models and their files, offerings, tiers. And what everybody may read of it: the catalogue."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.catalog import actions, queries, samples
from atelier.catalog.models import BaseFile, BaseVersion, Offering, Sample, Tier, TierRevision, Title
from atelier.kit.refused import Refused
from licensing.text import UnknownLanguage, licence_text, summary, text_hash

from ..fields import MoneyField, PublicId, StrictIntegerField
from ..views import View

LANGUAGE = OpenApiParameter("language", str, enum=["en", "fr"], description="The language of the text; en unless told.")


class TitleIn(serializers.Serializer[Any]):
    studio = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)
    year = StrictIntegerField(min_value=1880, max_value=2200, required=False, allow_null=True)
    eidr = serializers.CharField(max_length=34, required=False, allow_blank=True)


class TitleOut(serializers.ModelSerializer[Title]):
    id = serializers.CharField(source="public_id")
    studio = PublicId()

    class Meta:
        model = Title
        fields = ("id", "studio", "name", "year", "eidr", "created_at")


class Titles(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="titles_list", responses=TitleOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Title, self.person), TitleOut)

    @extend_schema(operation_id="titles_add", request=TitleIn, responses={201: TitleOut})
    def post(self, request: Request) -> Response:
        data = self.understand(TitleIn)
        title = actions.add_title(studio=access.studio(data.pop("studio"), self.person), by=self.person, **data)
        title.refresh_from_db()
        return Response(TitleOut(title).data, status=201)


class FileIn(serializers.Serializer[Any]):
    path = serializers.CharField(max_length=actions.LONGEST_PATH)
    bytes = StrictIntegerField(min_value=1, max_value=actions.LARGEST_FILE)
    sha256 = serializers.CharField(max_length=64)


class BaseIn(serializers.Serializer[Any]):
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
            *("height", "width", "frames", "fps", "titles", "files", "created_at"),
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
            **{name: data[name] for name in ("name", "version", "family", "description")},
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


class BasePartOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    url = serializers.CharField()
    bytes = serializers.IntegerField()


class BaseParts(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="bases_parts", request=BasePartsIn, responses=BasePartOut(many=True))
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


class SampleIn(serializers.Serializer[Any]):
    prompt = serializers.CharField(max_length=samples.LONGEST_PROMPT)
    bytes = StrictIntegerField(min_value=1, max_value=samples.LARGEST)
    sha256 = serializers.CharField(max_length=64)


class SampleOut(serializers.ModelSerializer[Sample]):
    id = serializers.CharField(source="public_id")
    version = PublicId()

    class Meta:
        model = Sample
        fields = (
            *("id", "version", "prompt", "state", "problem", "bytes", "sha256"),
            *("content_type", "width", "height", "seconds", "created_at"),
        )


class Samples(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="samples_list", responses=SampleOut(many=True))
    def get(self, request: Request, base: str) -> Response:
        version = access.find(BaseVersion, base, self.person)
        return self.page(version.samples.select_related("version"), SampleOut)

    @extend_schema(operation_id="samples_add", request=SampleIn, responses={201: SampleOut})
    def post(self, request: Request, base: str) -> Response:
        version = access.find(BaseVersion, base, self.person)
        sample = samples.add(version=version, by=self.person, **self.understand(SampleIn))
        sample.refresh_from_db()
        return Response(SampleOut(sample).data, status=201)


class SampleDetail(View):
    scopes: ClassVar = {"DELETE": "studio"}

    @extend_schema(operation_id="samples_get", responses=SampleOut)
    def get(self, request: Request, sample: str) -> Response:
        return Response(SampleOut(access.find(Sample, sample, self.person)).data)

    @extend_schema(operation_id="samples_remove", responses={204: None})
    def delete(self, request: Request, sample: str) -> Response:
        samples.remove(sample=access.find(Sample, sample, self.person), by=self.person)
        return Response(status=204)


class SamplePart(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="samples_part", request=None, responses=BasePartOut)
    def post(self, request: Request, sample: str) -> Response:
        """The link to which the whole file is sent with PUT."""
        return Response(asdict(samples.part(sample=access.find(Sample, sample, self.person), by=self.person)))


class SampleComplete(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="samples_complete", request=None, responses={202: SampleOut})
    def post(self, request: Request, sample: str) -> Response:
        row = access.find(Sample, sample, self.person)
        samples.complete(sample=row, by=self.person)
        return Response(SampleOut(row).data, status=202)


class OfferingIn(serializers.Serializer[Any]):
    version = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)


class OfferingOut(serializers.ModelSerializer[Offering]):
    id = serializers.CharField(source="public_id")
    studio = PublicId()
    version = PublicId()

    class Meta:
        model = Offering
        fields = ("id", "studio", "version", "name", "created_at")


class Offerings(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="offerings_list", responses=OfferingOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Offering, self.person).select_related("studio", "version"), OfferingOut)

    @extend_schema(operation_id="offerings_open", request=OfferingIn, responses={201: OfferingOut})
    def post(self, request: Request) -> Response:
        data = self.understand(OfferingIn)
        version = access.find(BaseVersion, data["version"], self.person)
        offering = actions.open_offering(version=version, by=self.person, name=data["name"])
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
    path("titles", Titles.as_view()),
    path("bases", Bases.as_view()),
    path("bases/<str:base>", BaseDetail.as_view()),
    path("bases/<str:base>/parts", BaseParts.as_view()),
    path("bases/<str:base>/complete", BaseComplete.as_view()),
    path("bases/<str:base>/publish", BasePublish.as_view()),
    path("bases/<str:base>/samples", Samples.as_view()),
    path("samples/<str:sample>", SampleDetail.as_view()),
    path("samples/<str:sample>/part", SamplePart.as_view()),
    path("samples/<str:sample>/complete", SampleComplete.as_view()),
    path("offerings", Offerings.as_view()),
    path("tiers", Tiers.as_view()),
    path("tiers/<str:tier>", TierDetail.as_view()),
    path("tiers/<str:tier>/revisions", TierRevisions.as_view()),
    path("tiers/<str:tier>/close", TierClose.as_view()),
    path("tiers/<str:tier>/reopen", TierReopen.as_view()),
    path("catalogue", Catalogue.as_view()),
]
