"""Custom models, their files, and the copies and links that hand them over."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.library import actions
from atelier.library.actions import Link
from atelier.library.models import Artifact, CustomModel, Handover
from atelier.library.states import HandoverState
from atelier.licences.models import Licence
from atelier.licences.queries import declared
from licensing.terms import MEDIA, STAGES

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


class UseIn(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(choices=list(STAGES))
    media = serializers.ListField(child=serializers.ChoiceField(choices=list(MEDIA)), min_length=1, max_length=20)
    territories = serializers.ListField(child=serializers.RegexField(r"^([A-Z]{2}|WORLD)$"), min_length=1, max_length=260)
    commercial = serializers.BooleanField()


class Uses(View):
    """Forward only: copies that were handed over keep what was declared for them."""

    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="models_declare", request=UseIn, responses=ModelOut)
    def post(self, request: Request, model: str) -> Response:
        row = access.find(CustomModel, model, self.person)
        actions.declare(model=row, use=declared(**self.understand(UseIn)), by=self.person)
        return Response(ModelOut(row).data)


class HandoverIn(serializers.Serializer[Any]):
    file = serializers.CharField(max_length=200, help_text="A file's path, as the model lists it.")


class LinkOut(serializers.Serializer[Any]):
    url = serializers.URLField()
    expires_at = serializers.DateTimeField()
    filename = serializers.CharField()
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()


class FailureOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()


class HandoverOut(serializers.Serializer[Any]):
    """A copy of the weights with its certificate inside. Digest and size are the copy's, not those that the model lists."""

    id = serializers.CharField(help_text="Also the id of the certificate.")
    model = serializers.CharField(allow_null=True)
    file = serializers.CharField(allow_null=True)
    adapter = serializers.CharField(allow_null=True, help_text="The house adapter that it is a copy of, where it is one of no model.")
    state = serializers.ChoiceField(choices=HandoverState.choices)
    problem = FailureOut(allow_null=True, help_text="Why it failed.")
    licensee = serializers.IntegerField(help_text="The number under which the certificate knows the holder of the licence.")
    created_at = serializers.DateTimeField()
    link = LinkOut(
        allow_null=True, help_text="Once it is ready. Lives 30 seconds; ask again for another. A download that has begun goes on."
    )


def described(handover: Handover, link: Link | None) -> dict[str, Any]:
    found = handover.found
    failed = found is not None and found.code
    artifact, adapter = handover.artifact, handover.adapter
    of = {"model": artifact and artifact.model.public_id, "file": artifact and artifact.path, "adapter": adapter and adapter.public_id}
    rows = {**of, "licensee": handover.licence.number}
    own = {"id": handover.public_id, "state": handover.state, "created_at": handover.created_at}
    return HandoverOut({**own, **rows, "problem": found if failed else None, "link": link}).data


class Handovers(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(
        operation_id="models_hand_over",
        request=HandoverIn,
        responses={
            201: OpenApiResponse(LinkOut, description="Previews, sheet and manifest: a link at once."),
            202: OpenApiResponse(
                HandoverOut, description="Weights: a copy with its certificate is made, or is there from an earlier time."
            ),
        },
    )
    def post(self, request: Request, model: str) -> Response:
        row = access.find(CustomModel, model, self.person)
        given = actions.hand_over(model=row, path=self.understand(HandoverIn)["file"], person=self.person)
        if isinstance(given, Link):
            return Response(LinkOut(given).data, status=201)
        return Response(described(given, None), status=202)


class HandoverDetail(View):
    """Gives the file away, so it asks for the scope that asking for the file asks for."""

    scopes: ClassVar = {"GET": "train"}

    @extend_schema(operation_id="handovers_get", responses=HandoverOut)
    def get(self, request: Request, handover: str) -> Response:
        row = access.find(Handover, handover, self.person)
        return Response(described(row, actions.link(handover=row)))


class WornIn(serializers.Serializer[Any]):
    adapter = serializers.CharField(max_length=40, required=False, default="", help_text="Which, where the base wears two.")


class AdapterHandovers(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="licences_adapter_download", request=WornIn, responses={202: HandoverOut})
    def post(self, request: Request, licence: str) -> Response:
        """A copy of the house adapter of a licence that grants the base model's files: marked, with its certificate, yours alone."""
        row = access.find(Licence, licence, self.person)
        given = actions.hand_adapter(licence=row, person=self.person, wanted=self.understand(WornIn)["adapter"])
        return Response(described(given, None), status=202)


urlpatterns = [
    path("licences/<str:licence>/adapter-download", AdapterHandovers.as_view()),
    path("models", Models.as_view()),
    path("models/<str:model>", ModelDetail.as_view()),
    path("models/<str:model>/use", Uses.as_view()),
    path("models/<str:model>/handovers", Handovers.as_view()),
    path("handovers/<str:handover>", HandoverDetail.as_view()),
]
