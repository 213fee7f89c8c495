"""Two to five trainings started together, to compare what comes of them."""

from typing import Any, ClassVar

from django.db import transaction
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.trainings import sweeps
from atelier.trainings.models import Quote, Sweep, Training

from ..views import View
from .trainings import TRAIN, TrainingOut


class SweepIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    quotes = serializers.ListField(child=serializers.CharField(), min_length=sweeps.FEWEST, max_length=sweeps.MOST)


class SweepOut(serializers.ModelSerializer[Sweep]):
    id = serializers.CharField(source="public_id")
    ceiling = serializers.SerializerMethodField(help_text="Seconds that all of them may take together.")
    trainings = serializers.SerializerMethodField()

    class Meta:
        model = Sweep
        fields = ("id", "name", "ceiling", "trainings", "created_at")

    def get_ceiling(self, sweep: Sweep) -> int:
        return sum(quote.seconds for quote in sweep.quotes.all())

    @extend_schema_field(TrainingOut(many=True))
    def get_trainings(self, sweep: Sweep) -> Any:
        rows = Training.objects.filter(quote__sweep=sweep).select_related("quote", "licence").order_by("quote")
        return TrainingOut(rows, many=True).data


class Sweeps(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="sweeps_start", request=SweepIn, responses={201: SweepOut})
    def post(self, request: Request) -> Response:
        """Starts two to five quotes together, to compare what comes of them: all of them, or none."""
        asked = self.understand(SweepIn)
        quotes = [access.find(Quote, each, self.person) for each in asked["quotes"]]
        with transaction.atomic():  # a refused start leaves the quotes as they were
            sweep = sweeps.gather(owner=self.person, quotes=quotes, name=asked["name"])
            sweeps.start(sweep=sweep, by=self.person)
        sweep.refresh_from_db()
        return Response(SweepOut(sweep).data, status=201)


class SweepDetail(View):
    @extend_schema(operation_id="sweeps_get", responses=SweepOut)
    def get(self, request: Request, sweep: str) -> Response:
        return Response(SweepOut(access.find(Sweep, sweep, self.person)).data)


urlpatterns = [
    path("sweeps", Sweeps.as_view()),
    path("sweeps/<str:sweep>", SweepDetail.as_view()),
]
