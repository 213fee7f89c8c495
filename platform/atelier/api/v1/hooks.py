"""Webhooks: addresses that are told when a training of their owner ends."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access

from .. import hooks
from ..models import Delivery, Hook
from ..views import View

TRAIN: dict[str, str] = {"POST": "train", "DELETE": "train"}


class HookIn(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500, help_text="A public https address.")


class HookOut(serializers.ModelSerializer[Hook]):
    id = serializers.CharField(source="public_id")

    class Meta:
        model = Hook
        fields = ("id", "url", "created_at", "failing_since", "off_at")


class NewHookOut(HookOut):
    secret = serializers.SerializerMethodField(help_text="What signatures are checked with (Standard Webhooks). Shown this once.")

    class Meta(HookOut.Meta):
        fields = (*HookOut.Meta.fields, "secret")  # type: ignore[assignment]

    def get_secret(self, hook: Hook) -> str:
        return hooks.secret(hook)


class DeliveryOut(serializers.ModelSerializer[Delivery]):
    id = serializers.CharField(source="public_id", help_text="The header webhook-id.")
    type = serializers.CharField(source="kind")

    class Meta:
        model = Delivery
        fields = ("id", "type", "created_at", "attempts", "code", "problem", "tried_at", "next_at", "arrived_at")


class Hooks(View):
    scopes: ClassVar = TRAIN
    secret: ClassVar[bool] = True

    @extend_schema(operation_id="hooks_list", responses=HookOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(access.visible(Hook, self.person), HookOut)

    @extend_schema(operation_id="hooks_register", request=HookIn, responses={201: NewHookOut})
    def post(self, request: Request) -> Response:
        hook = hooks.register(owner=self.person, **self.understand(HookIn))
        hook.refresh_from_db()
        return Response(NewHookOut(hook).data, status=201)


class HookDetail(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="hooks_remove", responses={204: None})
    def delete(self, request: Request, hook: str) -> Response:
        hooks.remove(hook=access.find(Hook, hook, self.person))
        return Response(status=204)


class Test(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="hooks_test", request=None, responses={202: DeliveryOut})
    def post(self, request: Request, hook: str) -> Response:
        """Sends an event of type `test`, once."""
        delivery = hooks.try_out(hook=access.find(Hook, hook, self.person))
        delivery.refresh_from_db()
        return Response(DeliveryOut(delivery).data, status=202)


class SwitchOn(View):
    scopes: ClassVar = TRAIN

    @extend_schema(operation_id="hooks_switch_on", request=None, responses=HookOut)
    def post(self, request: Request, hook: str) -> Response:
        """Again, after it was switched off because nothing arrived for days."""
        return Response(HookOut(hooks.switch_on(hook=access.find(Hook, hook, self.person))).data)


class Deliveries(View):
    @extend_schema(operation_id="hooks_deliveries", responses=DeliveryOut(many=True))
    def get(self, request: Request, hook: str) -> Response:
        return self.page(access.find(Hook, hook, self.person).deliveries.all(), DeliveryOut)


urlpatterns = [
    path("hooks", Hooks.as_view()),
    path("hooks/<str:hook>", HookDetail.as_view()),
    path("hooks/<str:hook>/test", Test.as_view()),
    path("hooks/<str:hook>/switch-on", SwitchOn.as_view()),
    path("hooks/<str:hook>/deliveries", Deliveries.as_view()),
]
