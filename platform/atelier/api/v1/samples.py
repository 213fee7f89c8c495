"""What a base model shows of itself: short clips, uploaded and checked."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.catalog import samples
from atelier.catalog.models import BaseVersion, Sample

from ..fields import PublicId, StrictIntegerField
from ..views import View
from .parts import PartOut


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

    @extend_schema(operation_id="samples_part", request=None, responses=PartOut)
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


urlpatterns = [
    path("bases/<str:base>/samples", Samples.as_view()),
    path("samples/<str:sample>", SampleDetail.as_view()),
    path("samples/<str:sample>/part", SamplePart.as_view()),
    path("samples/<str:sample>/complete", SampleComplete.as_view()),
]
