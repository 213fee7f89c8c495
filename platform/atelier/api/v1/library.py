"""Custom models, their files, and the links that hand them over."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.library import actions
from atelier.library.models import Artifact, CustomModel

from ..fields import PublicId
from ..views import View


class ArtifactOut(serializers.ModelSerializer[Artifact]):
    class Meta:
        model = Artifact
        fields = ("path", "kind", "layout", "sha256", "bytes")


class ModelOut(serializers.ModelSerializer[CustomModel]):
    id = serializers.CharField(source="public_id")
    licence = PublicId()
    files = ArtifactOut(many=True, source="artifacts")

    class Meta:
        model = CustomModel
        fields = ("id", "name", "state", "licence", "dataset_root", "use", "manifest", "files", "created_at")


class Models(View):
    @extend_schema(operation_id="models_list", responses=ModelOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(CustomModel, self.person).prefetch_related("artifacts"), ModelOut)


class ModelDetail(View):
    @extend_schema(operation_id="models_get", responses=ModelOut)
    def get(self, request: Request, model: str) -> Response:
        return Response(ModelOut(access.find(CustomModel, model, self.person)).data)


class HandoverIn(serializers.Serializer[Any]):
    file = serializers.CharField(max_length=200, help_text="A file's path, as the model lists it.")


class HandoverOut(serializers.Serializer[Any]):
    url = serializers.URLField()
    expires_at = serializers.DateTimeField()
    filename = serializers.CharField()
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()


class Handovers(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="models_hand_over", request=HandoverIn, responses={201: HandoverOut})
    def post(self, request: Request, model: str) -> Response:
        row = access.find(CustomModel, model, self.person)
        link = actions.hand_over(model=row, path=self.understand(HandoverIn)["file"], person=self.person)
        return Response(HandoverOut(link).data, status=201)


urlpatterns = [
    path("models", Models.as_view()),
    path("models/<str:model>", ModelDetail.as_view()),
    path("models/<str:model>/handovers", Handovers.as_view()),
]
