"""Who can be recognised in a dataset: questions about its files, answers, and consents. Signed papers are sent on the pages."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts.access import find
from atelier.material import consents
from atelier.material.models import Asset, Consent, Dataset, Question
from atelier.material.states import AssetState, QuestionState

from ..fields import PublicId
from ..views import View
from .titles import SCOPE, ScopeIn

MOST = 500


class ConsentIn(ScopeIn):
    performer = serializers.CharField(max_length=200)


class ConsentOut(serializers.ModelSerializer[Consent]):
    id = serializers.CharField(source="public_id")
    dataset = PublicId()

    class Meta:
        model = Consent
        fields = ("id", "dataset", "performer", *SCOPE, "created_at")


class Consents(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="consents_list", responses=ConsentOut(many=True))
    def get(self, request: Request, dataset: str) -> Response:
        row = find(Dataset, dataset, self.person)
        return self.page(row.consents.select_related("dataset"), ConsentOut)

    @extend_schema(operation_id="consents_record", request=ConsentIn, responses={201: ConsentOut})
    def post(self, request: Request, dataset: str) -> Response:
        consent = consents.record_consent(dataset=find(Dataset, dataset, self.person), **self.understand(ConsentIn))
        consent.refresh_from_db()
        return Response(ConsentOut(consent).data, status=201)


class Withdraw(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(
        operation_id="consents_withdraw",
        request=None,
        responses=ConsentOut,
        description="For good: trainings on the dataset stop, and its models are no longer shown or handed over.",
    )
    def post(self, request: Request, consent: str) -> Response:
        return Response(ConsentOut(consents.withdraw_consent(consent=find(Consent, consent, self.person))).data)


class QuestionOut(serializers.ModelSerializer[Question]):
    id = serializers.CharField(source="public_id")
    asset = PublicId()
    consents: Any = serializers.ListSerializer(child=PublicId(), source="consents.all")

    class Meta:
        model = Question
        fields = ("id", "asset", "source", "looked_at", "faces_in", "state", "answered_at", "consents", "created_at")


def about(dataset: Dataset) -> Any:
    rows = Question.objects.filter(asset__dataset=dataset).exclude(asset__state=AssetState.REMOVED)
    return rows.select_related("asset").prefetch_related("consents")


class Questions(View):
    @extend_schema(operation_id="questions_list", responses=QuestionOut(many=True))
    def get(self, request: Request, dataset: str) -> Response:
        return self.page(about(find(Dataset, dataset, self.person)), QuestionOut)


class AnswerIn(serializers.Serializer[Any]):
    answer = serializers.ChoiceField(choices=[state for state in QuestionState if state != QuestionState.OPEN])
    questions = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=MOST, required=False, help_text="All that are open, unless named."
    )
    consents = serializers.ListField(child=serializers.CharField(max_length=40), max_length=100, required=False, default=list)


class AnsweredOut(serializers.Serializer[Any]):
    answered = serializers.IntegerField()


class Answers(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="questions_answer", request=AnswerIn, responses=AnsweredOut)
    def post(self, request: Request, dataset: str) -> Response:
        row, data = find(Dataset, dataset, self.person), self.understand(AnswerIn)
        named = data.get("questions")
        every = about(row).filter(state=QuestionState.OPEN)
        asked = list(every) if named is None else [find(Question, each, self.person) for each in named]
        if data["answer"] == QuestionState.NOBODY:
            return Response({"answered": consents.answer_nobody(dataset=row, questions=asked)})
        given = [find(Consent, each, self.person) for each in data["consents"]]
        return Response({"answered": consents.answer_consented(dataset=row, questions=asked, consents=given)})


class Ask(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="questions_ask", request=None, responses={201: QuestionOut}, description="Somebody can be recognised here.")
    def post(self, request: Request, asset: str) -> Response:
        question = consents.ask(asset=find(Asset, asset, self.person))
        question.refresh_from_db()
        return Response(QuestionOut(question).data, status=201)


urlpatterns = [
    path("datasets/<str:dataset>/consents", Consents.as_view()),
    path("datasets/<str:dataset>/questions", Questions.as_view()),
    path("datasets/<str:dataset>/questions/answers", Answers.as_view()),
    path("consents/<str:consent>/withdraw", Withdraw.as_view()),
    path("assets/<str:asset>/question", Ask.as_view()),
]
