"""Projects (declared use), and what a training under them would cost."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.library.models import CustomModel
from atelier.licences.models import Licence
from atelier.material.models import Dataset
from atelier.trainings import actions
from atelier.trainings.models import Project, Quote
from licensing.terms import MEDIA, STAGES

from ..fields import PublicId, StrictIntegerField
from ..views import View
from .trainings import TRAIN


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
    origin = PublicId(allow_null=True)

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


urlpatterns = [
    path("projects", Projects.as_view()),
    path("quotes", Quotes.as_view()),
]
