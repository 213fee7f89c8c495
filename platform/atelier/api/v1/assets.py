"""Files of datasets. Bytes go from the person's machine straight to the object store, by signed links."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts.access import find, visible
from atelier.catalog.models import Title
from atelier.kit import store, uploads
from atelier.kit.store import LINK_SECONDS, MATERIAL, QUARANTINE
from atelier.material import actions, queries
from atelier.material.models import Asset, Dataset
from atelier.material.states import AssetState

from ..fields import AnyText, PublicId, StrictIntegerField
from ..views import View
from .parts import PartOut

MOST_LINKS = 100


class AssetIn(serializers.Serializer[Any]):
    name = AnyText()
    bytes = StrictIntegerField(min_value=-(2**62), max_value=2**62)
    sha256 = AnyText(help_text="Of the whole file, 64 lower-case hexadecimal digits.")
    caption = AnyText(required=False, default="", allow_blank=True)
    title = serializers.CharField(max_length=40, required=False, default="", help_text="What it is of, in a studio's dataset.")


class ProblemOut(serializers.Serializer[Asset]):
    code = serializers.CharField(source="problem")
    sentence = serializers.CharField(source="problem_sentence")


class AssetOut(serializers.ModelSerializer[Asset]):
    id = serializers.CharField(source="public_id")
    dataset = PublicId()
    title = PublicId(allow_null=True)
    problem = serializers.SerializerMethodField(help_text="Why it was refused, and what to do; null unless it was.")
    part_count = serializers.IntegerField()
    part_bytes = serializers.IntegerField(help_text="Length of every part but the last.")

    class Meta:
        model = Asset
        facts = ("kind", "width", "height", "frames", "fps", "duration")
        upload = ("bytes", "sha256", "part_count", "part_bytes")
        fields: ClassVar[tuple[str, ...]] = ("id", "dataset", "name", "state", "problem", "caption", "title", *upload, *facts, "created_at")

    @extend_schema_field(ProblemOut(allow_null=True))
    def get_problem(self, asset: Asset) -> dict[str, Any] | None:
        return ProblemOut(asset).data if asset.problem else None


class AssetDetailOut(AssetOut):
    arrived = serializers.SerializerMethodField(help_text="Parts that the store holds already: a resumed upload skips them.")

    class Meta(AssetOut.Meta):
        fields = (*AssetOut.Meta.fields, "arrived")

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_arrived(self, asset: Asset) -> list[int]:
        return uploads.arrived(asset, QUARANTINE) if asset.state == AssetState.UPLOADING else []


class PartsIn(serializers.Serializer[Any]):
    numbers = serializers.ListField(child=StrictIntegerField(min_value=1), min_length=1, max_length=MOST_LINKS)


class PartsOut(serializers.Serializer[Any]):
    parts = PartOut(many=True)


class CaptionIn(serializers.Serializer[Any]):
    caption = AnyText(allow_blank=True)


class PreviewOut(serializers.Serializer[Any]):
    thumbnail = serializers.CharField()
    filmstrip = serializers.CharField(allow_null=True, help_text="Eight frames side by side; null for a still.")
    expires_in = serializers.IntegerField(help_text="Seconds.")


class Assets(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="assets_list", responses=AssetOut(many=True))
    def get(self, request: Request, dataset: str) -> Response:
        row = find(Dataset, dataset, self.person)
        return self.page(visible(Asset, self.person).filter(dataset=row).select_related("dataset", "title"), AssetOut)

    @extend_schema(
        operation_id="assets_add",
        request=AssetIn,
        responses={201: AssetDetailOut},
        description="The same file again (name, bytes and SHA-256) answers with the row that is there: send what has not arrived.",
    )
    def post(self, request: Request, dataset: str) -> Response:
        row, data = find(Dataset, dataset, self.person), self.understand(AssetIn)
        title = find(Title, data["title"], self.person) if data["title"] else None
        asset = actions.add(dataset=row, **{**data, "title": title})
        asset.refresh_from_db()
        return Response(AssetDetailOut(asset).data, status=201)


class AssetDetail(View):
    scopes: ClassVar = {"PATCH": "train", "DELETE": "train"}

    @extend_schema(operation_id="assets_read", responses=AssetDetailOut)
    def get(self, request: Request, asset: str) -> Response:
        return Response(AssetDetailOut(find(Asset, asset, self.person)).data)

    @extend_schema(operation_id="assets_caption", request=CaptionIn, responses=AssetOut)
    def patch(self, request: Request, asset: str) -> Response:
        row = actions.caption(asset=find(Asset, asset, self.person), text=self.understand(CaptionIn)["caption"])
        return Response(AssetOut(row).data)

    @extend_schema(operation_id="assets_remove", responses={204: None})
    def delete(self, request: Request, asset: str) -> Response:
        actions.remove(asset=find(Asset, asset, self.person))
        return Response(status=204)


class Parts(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="assets_parts", request=PartsIn, responses=PartsOut)
    def post(self, request: Request, asset: str) -> Response:
        signed = actions.links(asset=find(Asset, asset, self.person), **self.understand(PartsIn))
        return Response(PartsOut({"parts": signed}).data)


class Complete(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="assets_complete", request=None, responses={202: AssetOut})
    def post(self, request: Request, asset: str) -> Response:
        row = actions.complete(asset=find(Asset, asset, self.person))
        return Response(AssetOut(row).data, status=202)


class Preview(View):
    @extend_schema(operation_id="assets_preview", responses=PreviewOut)
    def get(self, request: Request, asset: str) -> Response:
        row = find(Asset, asset, self.person)
        thumb, strip = queries.preview_keys(row)
        return Response(
            {
                "thumbnail": store.link(MATERIAL, thumb, "thumbnail.jpg", inline=True, content_type="image/jpeg"),
                "filmstrip": store.link(MATERIAL, strip, "filmstrip.jpg", inline=True, content_type="image/jpeg") if strip else None,
                "expires_in": LINK_SECONDS,
            }
        )


urlpatterns = [
    path("datasets/<str:dataset>/assets", Assets.as_view()),
    path("assets/<str:asset>", AssetDetail.as_view()),
    path("assets/<str:asset>/parts", Parts.as_view()),
    path("assets/<str:asset>/complete", Complete.as_view()),
    path("assets/<str:asset>/preview", Preview.as_view()),
]
