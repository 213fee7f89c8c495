"""Projects (declared use), quotes, trainings, and what a training tells while it runs."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.db import transaction
from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.library.models import CustomModel
from atelier.licences.models import Licence
from atelier.material.models import Dataset
from atelier.trainings import actions, live, operation, queue, steering, sweeps, waiting
from atelier.trainings.models import Checkpoint, Project, Quote, Sweep, Training
from atelier.trainings.waiting import Wait
from licensing.terms import MEDIA, STAGES

from ..fields import PublicId, StrictIntegerField
from ..views import View

TRAIN: dict[str, str] = {"POST": "train"}


class ProjectIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    stage = serializers.ChoiceField(choices=list(STAGES))
    media = serializers.ListField(child=serializers.ChoiceField(choices=list(MEDIA)), min_length=1, max_length=20)
    territories = serializers.ListField(child=serializers.RegexField(r"^([A-Z]{2}|WORLD)$"), min_length=1, max_length=260)
    commercial = serializers.BooleanField()


class ProjectOut(serializers.ModelSerializer[Project]):
    id = serializers.CharField(source="public_id")

    class Meta:
        model = Project
        fields = ("id", "name", "stage", "media", "territories", "commercial", "created_at")


class Projects(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="projects_list", responses=ProjectOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Project, self.person), ProjectOut)

    @extend_schema(operation_id="projects_declare", request=ProjectIn, responses={201: ProjectOut})
    def post(self, request: Request) -> Response:
        project = actions.declare(owner=self.person, **self.understand(ProjectIn))
        project.refresh_from_db()
        return Response(ProjectOut(project).data, status=201)


class KnobsIn(serializers.Serializer[Any]):
    """What a creator may turn. The engine checks the values and says in a sentence what is wrong."""

    steps = StrictIntegerField(min_value=1, max_value=100_000)
    rank = StrictIntegerField(min_value=1, max_value=1024)
    alpha = serializers.FloatField(required=False, help_text="Same as the rank when left out.")
    learning_rate = serializers.FloatField(default=1e-3)
    batch_size = StrictIntegerField(default=4, min_value=1, max_value=256)
    caption_dropout = serializers.FloatField(default=0.1)
    checkpoint_every = StrictIntegerField(default=50, min_value=1, max_value=100_000)
    preview_every = StrictIntegerField(default=0, min_value=0, max_value=100_000, help_text="Steps between previews; 0: at the end only.")
    trigger = serializers.CharField(default="", allow_blank=True, max_length=80)
    preserve = serializers.FloatField(
        required=False, help_text="Share of the training that keeps captions without the trigger as they were."
    )
    height = StrictIntegerField(required=False, min_value=16, max_value=4096)
    width = StrictIntegerField(required=False, min_value=16, max_value=4096)
    frames = StrictIntegerField(required=False, min_value=1, max_value=257)
    fps = serializers.FloatField(required=False)


class PreviewIn(serializers.Serializer[Any]):
    prompt = serializers.CharField(max_length=4000)
    seed = StrictIntegerField(default=0, min_value=0, max_value=2**53 - 1)


class QuoteIn(serializers.Serializer[Any]):
    licence = serializers.CharField()
    dataset = serializers.CharField()
    project = serializers.CharField()
    name = serializers.CharField(max_length=200)
    knobs = KnobsIn()
    previews = PreviewIn(many=True, required=False, default=list)
    origin = serializers.CharField(
        default="", allow_blank=True, help_text="A custom model of hers to go on from: same licence, rank and alpha."
    )
    seed = StrictIntegerField(default=0, min_value=0, max_value=2**53 - 1)


class QuoteOut(serializers.ModelSerializer[Quote]):
    id = serializers.CharField(source="public_id")
    licence = PublicId()
    dataset = PublicId()
    project = PublicId()
    origin = PublicId()

    class Meta:
        model = Quote
        fields = (
            *("id", "licence", "dataset", "project", "origin", "name", "knobs"),
            *("seconds", "lines", "estimate", "expires_at", "signature"),
        )


class Quotes(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="quotes_ask", request=QuoteIn, responses={201: QuoteOut})
    def post(self, request: Request) -> Response:
        asked = self.understand(QuoteIn)
        knobs = dict(asked.pop("knobs"))
        knobs.setdefault("alpha", float(knobs["rank"]))
        origin = asked.pop("origin")
        quote = actions.quote(
            owner=self.person,
            licence=access.find(Licence, asked.pop("licence"), self.person),
            dataset=access.find(Dataset, asked.pop("dataset"), self.person),
            project=access.find(Project, asked.pop("project"), self.person),
            knobs=knobs,
            origin=access.find(CustomModel, origin, self.person) if origin else None,
            **asked,
        )
        return Response(QuoteOut(quote).data, status=201)


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


class Cancel(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="trainings_cancel", request=None, responses=TrainingOut)
    def post(self, request: Request, training: str) -> Response:
        """Ends what waits or is paused; one that runs stops behind a checkpoint. What was captured stays, the rest goes back."""
        row = access.find(Training, training, self.person)
        return Response(TrainingOut(steering.cancel(training=row, by=self.person)).data)


class Pause(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="trainings_pause", request=None, responses=TrainingOut)
    def post(self, request: Request, training: str) -> Response:
        """Sets it aside behind a checkpoint (`wish` until then). What was captured stays, the rest stays on hold for 14 days."""
        row = access.find(Training, training, self.person)
        return Response(TrainingOut(steering.pause(training=row, by=self.person)).data)


class Resume(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="trainings_resume", request=None, responses=TrainingOut)
    def post(self, request: Request, training: str) -> Response:
        """Back into the queue, to go on from its checkpoint."""
        row = access.find(Training, training, self.person)
        return Response(TrainingOut(steering.resume(training=row, by=self.person)).data)


class FinishIn(serializers.Serializer[Any]):
    step = StrictIntegerField(required=False, min_value=1, max_value=100_000, help_text="A stored step; where it is now when left out.")


class Finish(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="trainings_finish", request=FinishIn, responses=TrainingOut)
    def post(self, request: Request, training: str) -> Response:
        """The model is made from a checkpoint, also of a cancelled training. Steps taken until then are captured, the rest goes back."""
        row = access.find(Training, training, self.person)
        return Response(TrainingOut(steering.finish(training=row, by=self.person, **self.understand(FinishIn))).data)


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
    path("projects", Projects.as_view()),
    path("quotes", Quotes.as_view()),
    path("sweeps", Sweeps.as_view()),
    path("sweeps/<str:sweep>", SweepDetail.as_view()),
    path("trainings", Trainings.as_view()),
    path("trainings/<str:training>", TrainingDetail.as_view()),
    path("trainings/<str:training>/cancel", Cancel.as_view()),
    path("trainings/<str:training>/pause", Pause.as_view()),
    path("trainings/<str:training>/resume", Resume.as_view()),
    path("trainings/<str:training>/finish", Finish.as_view()),
    path("trainings/<str:training>/checkpoints", Checkpoints.as_view()),
    path("trainings/<str:training>/events", Events.as_view()),
]
