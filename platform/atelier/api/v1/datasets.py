"""Datasets: what each is for, its captions and titles at once, its attestation and its seal."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts.access import find, studio, visible
from atelier.accounts.models import User
from atelier.catalog.models import Title
from atelier.kit.refused import Refused
from atelier.licences import consents
from atelier.licences.models import Licence
from atelier.material import actions, attestation, meant, queries, titles
from atelier.material.limits import ASSETS_PER_DATASET
from atelier.material.models import Asset, Dataset

from ..fields import AnyText, PublicId
from ..views import View


class DatasetIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    studio = serializers.CharField(
        max_length=40, required=False, default="", help_text="For which it is gathered: then each file is of one of its cleared titles."
    )
    licence = serializers.CharField(
        max_length=40, required=False, default="", help_text="That it is meant for: then each file is held against its terms at once."
    )


class MeantIn(serializers.Serializer[Any]):
    licence = serializers.CharField(max_length=40, allow_blank=True)


class DatasetOut(serializers.ModelSerializer[Dataset]):
    id = serializers.CharField(source="public_id")
    studio = PublicId(allow_null=True)
    licence = PublicId(allow_null=True)
    attested = serializers.BooleanField(source="attested_text")
    manifest_root = serializers.CharField(source="root", help_text="sha256:… once it is sealed")

    class Meta:
        model = Dataset
        sealing = ("attested", "attested_at", "manifest_root", "sealed_at")
        fields: ClassVar[tuple[str, ...]] = ("id", "name", "studio", "licence", "state", *sealing, "created_at")


class DatasetDetailOut(DatasetOut):
    counts = serializers.SerializerMethodField(help_text="How many files stand in each state.")
    consent = serializers.SerializerMethodField(help_text="The worst over everybody who can be recognised in it.")

    class Meta(DatasetOut.Meta):
        fields = (*DatasetOut.Meta.fields, "counts", "consent")

    @extend_schema_field(serializers.ChoiceField(choices=consents.WORST))
    def get_consent(self, dataset: Dataset) -> str:
        return queries.consent_of(dataset)

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_counts(self, dataset: Dataset) -> dict[str, int]:
        return queries.counts(dataset)


class SealedOut(DatasetOut):
    root = serializers.CharField()  # type: ignore[assignment]
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Refused files, which are no part of what was sealed.")

    class Meta(DatasetOut.Meta):
        fields = (*DatasetOut.Meta.fields, "root", "left_out")


class CaptionsIn(serializers.Serializer[Any]):
    captions = serializers.DictField(child=AnyText(allow_blank=True), help_text="File name to caption.")


class CaptionsOut(serializers.Serializer[Any]):
    applied = serializers.ListField(child=serializers.CharField())
    unknown = serializers.ListField(child=serializers.CharField(), help_text="Names that no file of the dataset has.")


class TitlesIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=40)
    files = serializers.ListField(child=serializers.CharField(max_length=40), min_length=1, max_length=ASSETS_PER_DATASET)


class TitlesOut(serializers.Serializer[Any]):
    bound = serializers.IntegerField(help_text="How many files are of this title now.")


class AttestationOut(serializers.Serializer[Any]):
    language = serializers.CharField()
    text = serializers.CharField()
    text_hash = serializers.CharField(source="hash")


class AttestIn(serializers.Serializer[Any]):
    text_hash = serializers.CharField(max_length=71)


class Datasets(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="datasets_list", responses=DatasetOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(visible(Dataset, self.person).select_related("studio", "licence"), DatasetOut)

    @extend_schema(operation_id="datasets_open", request=DatasetIn, responses={201: DatasetDetailOut})
    def post(self, request: Request) -> Response:
        data = self.understand(DatasetIn)
        wanted, licence = data.pop("studio"), licence_of(data, self.person)
        of = studio(wanted, self.person) if wanted else None
        dataset = actions.open_dataset(owner=self.person, studio=of, name=data["name"], licence=licence)
        dataset.refresh_from_db()
        return Response(DatasetDetailOut(dataset).data, status=201)


def licence_of(data: dict[str, Any], person: User) -> Licence | None:
    return find(Licence, data["licence"], person) if data["licence"] else None


class Meant(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="datasets_mean", request=MeantIn, responses=DatasetOut)
    def post(self, request: Request, dataset: str) -> Response:
        """For which licence it is gathered from now on: each upload, and sealing, is judged by its terms. Empty for none."""
        row, data = find(Dataset, dataset, self.person), self.understand(MeantIn)
        return Response(DatasetOut(meant.mean(dataset=row, licence=licence_of(data, self.person))).data)


class DatasetDetail(View):
    scopes: ClassVar = {"DELETE": "train"}

    @extend_schema(operation_id="datasets_read", responses=DatasetDetailOut)
    def get(self, request: Request, dataset: str) -> Response:
        return Response(DatasetDetailOut(find(Dataset, dataset, self.person)).data)

    @extend_schema(operation_id="datasets_withdraw", responses={204: None}, description="For good: its files are deleted.")
    def delete(self, request: Request, dataset: str) -> Response:
        actions.withdraw(dataset=find(Dataset, dataset, self.person))
        return Response(status=204)


class OfTitles(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="datasets_titles", request=TitlesIn, responses=TitlesOut)
    def post(self, request: Request, dataset: str) -> Response:
        """Of which title these files of a studio's dataset are. Only a cleared one is taken."""
        row, data = find(Dataset, dataset, self.person), self.understand(TitlesIn)
        files = [find(Asset, each, self.person) for each in data["files"]]
        return Response({"bound": titles.bind(dataset=row, assets=files, title=find(Title, data["title"], self.person))})


class Captions(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="captions_apply", request=CaptionsIn, responses=CaptionsOut)
    def post(self, request: Request, dataset: str) -> Response:
        done = actions.caption_many(dataset=find(Dataset, dataset, self.person), **self.understand(CaptionsIn))
        return Response(CaptionsOut(done).data)


class Attestation(View):
    @extend_schema(
        operation_id="attestation_read",
        parameters=[OpenApiParameter("language", enum=sorted(attestation.TEXTS), default="en")],
        responses=AttestationOut,
    )
    def get(self, request: Request, dataset: str) -> Response:
        find(Dataset, dataset, self.person)
        text = attestation.TEXTS.get(request.query_params.get("language", "en"))
        if text is None:
            raise Refused("unknown_language", "Choose among %(languages)s.", status=422, languages=", ".join(sorted(attestation.TEXTS)))
        return Response(AttestationOut(text).data)


class Attest(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="datasets_attest", request=AttestIn, responses=DatasetOut)
    def post(self, request: Request, dataset: str) -> Response:
        row = actions.attest(dataset=find(Dataset, dataset, self.person), **self.understand(AttestIn))
        return Response(DatasetOut(row).data)


class Seal(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="datasets_seal", request=None, responses=SealedOut)
    def post(self, request: Request, dataset: str) -> Response:
        sealed = actions.seal(dataset=find(Dataset, dataset, self.person))
        sealed.dataset.left_out = sealed.left_out  # type: ignore[attr-defined]
        return Response(SealedOut(sealed.dataset).data)


urlpatterns = [
    path("datasets", Datasets.as_view()),
    path("datasets/<str:dataset>", DatasetDetail.as_view()),
    path("datasets/<str:dataset>/licence", Meant.as_view()),
    path("datasets/<str:dataset>/titles", OfTitles.as_view()),
    path("datasets/<str:dataset>/captions", Captions.as_view()),
    path("datasets/<str:dataset>/attestation", Attestation.as_view()),
    path("datasets/<str:dataset>/attest", Attest.as_view()),
    path("datasets/<str:dataset>/seal", Seal.as_view()),
]
