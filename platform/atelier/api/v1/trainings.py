"""Trainings, and what each tells while it runs."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.trainings import actions, live, operation, queue, steering, waiting
from atelier.trainings.models import Checkpoint, Quote, Training
from atelier.trainings.waiting import Wait

from ..fields import PublicId, StrictIntegerField
from ..views import View

TRAIN: dict[str, str] = {"POST": "train"}


class TrainingIn(serializers.Serializer[Any]):
    quote = serializers.CharField()


class WaitOut(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="In the line, from 1.")
    why = serializers.ChoiceField(choices=list(operation.WHYS))
    low = serializers.FloatField(allow_null=True, help_text="Seconds until it should begin, at least; null while nobody can say.")
    high = serializers.FloatField(allow_null=True)


class TrainingOut(serializers.ModelSerializer[Training]):
    id = serializers.CharField(source="public_id")
    quote = PublicId()
    licence = PublicId()
    name = serializers.CharField(source="quote.name")
    seconds = serializers.IntegerField(source="quote.seconds", help_text="The ceiling that was quoted.")
    position = serializers.SerializerMethodField(help_text="In the queue, from 1; null when not waiting.")
    waiting = serializers.SerializerMethodField(help_text="Why it waits and when it should begin; null when not waiting.")
    model = serializers.SerializerMethodField(help_text="The custom model, once there is one.")
    cancel_requested = serializers.BooleanField(read_only=True)

    class Meta:
        model = Training
        fields = (
            *("id", "quote", "licence", "name", "state", "since", "position", "waiting", "step", "steps", "loss", "seconds", "captured"),
            *("attempts", "wish", "finish_at", "cancel_requested", "code", "sentence", "model", "created_at"),
        )

    def get_position(self, training: Training) -> int | None:
        found = self._wait(training)
        return found.number if found else None

    @extend_schema_field(WaitOut(allow_null=True))
    def get_waiting(self, training: Training) -> dict[str, Any] | None:
        found = self._wait(training)
        return asdict(found) if found else None

    def _wait(self, training: Training) -> Wait | None:
        """Asked once for both."""
        if getattr(self, "_asked", None) is not training:
            self._asked, self._found = training, waiting.of(training)
        return self._found

    def get_model(self, training: Training) -> str | None:
        model = queue.model_of(training)
        return model.public_id if model else None


class Trainings(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="trainings_list", responses=TrainingOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Training, self.person).select_related("quote", "licence"), TrainingOut)

    @extend_schema(operation_id="trainings_start", request=TrainingIn, responses={201: TrainingOut})
    def post(self, request: Request) -> Response:
        quote = access.find(Quote, self.understand(TrainingIn)["quote"], self.person)
        return Response(TrainingOut(actions.start(quote=quote, by=self.person)).data, status=201)


class TrainingDetail(View):
    @extend_schema(operation_id="trainings_get", responses=TrainingOut)
    def get(self, request: Request, training: str) -> Response:
        return Response(TrainingOut(access.find(Training, training, self.person)).data)


class Steering(View):
    """A word without a body to one of her trainings."""

    scopes: ClassVar = TRAIN
    deed: ClassVar[Callable[..., Training]]

    @extend_schema(request=None, responses=TrainingOut)
    def post(self, request: Request, training: str) -> Response:
        row = access.find(Training, training, self.person)
        return Response(TrainingOut(type(self).deed(training=row, by=self.person)).data)


def _steers(name: str, deed: Callable[..., Training], about: str) -> type[Steering]:
    described = extend_schema_view(post=extend_schema(operation_id=f"trainings_{name}", description=about))
    return described(type(name.title(), (Steering,), {"deed": staticmethod(deed)}))


CANCEL = "Ends what waits or is paused; one that runs stops behind a checkpoint. What was captured stays, the rest goes back."
PAUSE = "Sets it aside behind a checkpoint (`wish` until then). What was captured stays, the rest stays on hold for 14 days."
RESUME = "Back into the queue, to go on from its checkpoint."


class FinishIn(serializers.Serializer[Any]):
    step = StrictIntegerField(required=False, min_value=1, max_value=100_000, help_text="A stored step; where it is now when left out.")


class Finish(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="trainings_finish", request=FinishIn, responses=TrainingOut)
    def post(self, request: Request, training: str) -> Response:
        """The model is made from a checkpoint, also of a cancelled training. Steps taken until then are captured, the rest goes back."""
        row = access.find(Training, training, self.person)
        return Response(TrainingOut(steering.finish(training=row, by=self.person, **self.understand(FinishIn))).data)


class StoredStepOut(serializers.ModelSerializer[Checkpoint]):
    class Meta:
        model = Checkpoint
        fields = ("step", "loss", "created_at")


class Checkpoints(View):
    @extend_schema(operation_id="trainings_checkpoints", responses=StoredStepOut(many=True))
    def get(self, request: Request, training: str) -> Response:
        """The stored steps, any of which `finish` takes."""
        row = access.find(Training, training, self.person)
        return self.page(row.checkpoints.all(), StoredStepOut)


class Events(View):
    """Server-sent events. A reader that reconnects sends Last-Event-ID and misses nothing."""

    @extend_schema(
        operation_id="trainings_events",
        parameters=[OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER)],
        responses={(200, "text/event-stream"): str},
    )
    def get(self, request: Request, training: str) -> StreamingHttpResponse:
        row = access.find(Training, training, self.person)
        after = request.headers.get("Last-Event-ID", "")
        response = StreamingHttpResponse(live.follow(row.pk, live.position(after)), content_type="text/event-stream")
        response["X-Accel-Buffering"] = "no"
        return response


urlpatterns = [
    path("trainings", Trainings.as_view()),
    path("trainings/<str:training>", TrainingDetail.as_view()),
    path("trainings/<str:training>/cancel", _steers("cancel", steering.cancel, CANCEL).as_view()),
    path("trainings/<str:training>/pause", _steers("pause", steering.pause, PAUSE).as_view()),
    path("trainings/<str:training>/resume", _steers("resume", steering.resume, RESUME).as_view()),
    path("trainings/<str:training>/finish", Finish.as_view()),
    path("trainings/<str:training>/checkpoints", Checkpoints.as_view()),
    path("trainings/<str:training>/events", Events.as_view()),
]
