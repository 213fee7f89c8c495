"""Takedowns of what is a studio's own or a creator's own: what one would reach, the deed, and how far it is."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.kit import ids
from atelier.kit.refused import Refused
from atelier.takedown import effect, kinds, lineage, takedowns
from atelier.takedown.models import Takedown
from atelier.takedown.states import TakedownState

from ..views import View


class ReachOut(serializers.Serializer[Any]):
    """Nothing is changed by looking."""

    item = serializers.CharField()
    kind = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many of each kind, the item itself counted.")
    takedown = serializers.CharField(allow_null=True, help_text="The takedown of this very item that is in force.")


class TakedownIn(serializers.Serializer[Any]):
    item = serializers.CharField(max_length=60, help_text="Id of a performer, title, base version, house adapter, offering or tier.")
    reason = serializers.CharField(max_length=takedowns.LONGEST_REASON, help_text="Everybody who is hit reads it.")


class WithdrawalIn(serializers.Serializer[Any]):
    item = serializers.CharField(max_length=60, help_text="Id of a clip, a dataset or a consent.")
    reason = serializers.CharField(max_length=takedowns.LONGEST_REASON, help_text="Everybody who is hit reads it.")


class LiftIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=takedowns.LONGEST_REASON)


class LineOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class TakedownOut(serializers.ModelSerializer[Takedown]):
    """In force from `created_at` on; `state` says whether what follows from it is done."""

    id = serializers.CharField(source="public_id")
    item = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=TakedownState.choices)
    notice = serializers.CharField(source="case.number", default=None, allow_null=True)

    class Meta:
        model = Takedown
        fields = ("id", "kind", "item", "state", "since", "reason", "lifted_reason", "notice", "created_at")

    def get_item(self, row: Takedown) -> str:
        return ids.public(kinds.KINDS[row.kind].model.prefix, row.item)


class ProgressOut(TakedownOut):
    progress = serializers.SerializerMethodField()

    class Meta(TakedownOut.Meta):
        fields = (*TakedownOut.Meta.fields, "progress")  # type: ignore[assignment]

    @extend_schema_field(LineOut(many=True))
    def get_progress(self, row: Takedown) -> Any:
        return LineOut(effect.progress(row), many=True).data


class Reach(View):
    @extend_schema(operation_id="takedowns_reach", responses=ReachOut)
    def get(self, request: Request, item: str) -> Response:
        found = takedowns.found(item, self.person)
        standing = takedowns.of(found)
        counts = lineage.reach(found.kind, found.row.pk).counts
        facts = {"item": found.id, "kind": found.kind, "counts": counts, "takedown": standing.public_id if standing else None}
        return Response(ReachOut(facts).data)


class Beginning(View):
    def begin(self, form: type[serializers.Serializer[Any]], taken: tuple[str, ...]) -> Response:
        """202; 200 with what was done where it is in force already."""
        said = self.understand(form)
        item = takedowns.found(said["item"], self.person)
        if item.kind not in taken:
            raise ids.not_found()
        row, began = takedowns.begin(item=item, by=self.person, reason=said["reason"])
        return Response(ProgressOut(row).data, status=202 if began else 200)


class Takedowns(Beginning):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="takedowns_list", responses=TakedownOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Takedown, self.person).select_related("case"), TakedownOut)

    @extend_schema(operation_id="takedowns_begin", request=TakedownIn, responses={200: ProgressOut, 202: ProgressOut})
    def post(self, request: Request) -> Response:
        return self.begin(TakedownIn, takedowns.STUDIOS)


class Withdrawals(Beginning):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="withdrawals_begin", request=WithdrawalIn, responses={200: ProgressOut, 202: ProgressOut})
    def post(self, request: Request) -> Response:
        return self.begin(WithdrawalIn, takedowns.CREATORS)


class TakedownDetail(View):
    @extend_schema(operation_id="takedowns_get", responses=ProgressOut)
    def get(self, request: Request, takedown: str) -> Response:
        return Response(ProgressOut(takedowns.see(takedown, self.person)).data)


class Lift(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="takedowns_lift", request=LiftIn, responses=ProgressOut)
    def post(self, request: Request, takedown: str) -> Response:
        row = takedowns.see(takedown, self.person)
        if row.studio:
            access.require_role(row.studio, self.person, access.STUDIO_WRITERS)
        if not takedowns.may_lift(row, self.person):
            raise Refused("not_yours_to_lift", "This takedown was lifted already, or followed from a notice: an appeal decides about it.")
        takedowns.lift(takedown=row, by=self.person, reason=self.understand(LiftIn)["reason"])
        return Response(ProgressOut(row).data)


urlpatterns = [
    path("reach/<str:item>", Reach.as_view()),
    path("takedowns", Takedowns.as_view()),
    path("takedowns/<str:takedown>", TakedownDetail.as_view()),
    path("takedowns/<str:takedown>/lift", Lift.as_view()),
    path("withdrawals", Withdrawals.as_view()),
]
