"""Buying a licence, and giving it back."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.catalog.models import TierRevision
from atelier.catalog.states import VersionState
from atelier.checkout import actions
from atelier.checkout.models import Order, Refund
from atelier.checkout.states import OrderState
from atelier.kit.ids import not_found

from ..fields import MoneyField, PublicId, StrictIntegerField
from ..views import View


class OrderIn(serializers.Serializer[Any]):
    """No price and no licence: both come from the revision."""

    revision = serializers.CharField(max_length=40)
    accepted_text = serializers.RegexField(r"^sha256:[0-9a-f]{64}\Z", help_text="text_hash of the text in the language that was shown")
    language = serializers.ChoiceField(choices=["en", "fr"], default="en")


class OrderOut(serializers.ModelSerializer[Order]):
    id = serializers.CharField(source="public_id")
    tier = PublicId(source="revision.tier")
    revision = PublicId()
    amount = MoneyField(source="price")
    licence = PublicId(allow_null=True)
    checkout_url = serializers.SerializerMethodField(help_text="The payment page, while the order is open.")

    class Meta:
        model = Order
        fields = (
            *("id", "state", "problem", "tier", "revision", "amount", "refunded", "checkout_url", "pay_until", "licence"),
            *("accepted_text", "language", "created_at", "paid_at"),
        )

    def get_checkout_url(self, order: Order) -> str:
        return order.checkout_url if order.state == OrderState.OPEN else ""


class Orders(View):
    scopes: ClassVar = {"POST": "buy"}

    @extend_schema(operation_id="orders_list", responses=OrderOut(many=True))
    def get(self, request: Request) -> Response:
        rows = access.visible(Order, self.person).select_related("revision__tier", "licence")
        return self.page(rows, OrderOut)

    @extend_schema(operation_id="orders_open", request=OrderIn, responses={201: OrderOut})
    def post(self, request: Request) -> Response:
        data = self.understand(OrderIn)
        revision = _offered(data.pop("revision"))
        order = actions.begin_payment(order=actions.open_order(buyer=self.person, revision=revision, **data))
        return Response(OrderOut(order).data, status=201)


def _offered(public_id: str) -> TierRevision:
    """Anybody may buy what is published; what is not is not there."""
    published = TierRevision.objects.filter(tier__offering__version__state=VersionState.PUBLISHED)
    row = published.select_related("tier__offering__version").filter(pk=TierRevision.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row


class OrderDetail(View):
    @extend_schema(operation_id="orders_get", responses=OrderOut)
    def get(self, request: Request, order: str) -> Response:
        return Response(OrderOut(access.find(Order, order, self.person)).data)


class RefundIn(serializers.Serializer[Any]):
    amount = StrictIntegerField(min_value=1, max_value=10**11, required=False, help_text="Minor units; all that is left unless told.")
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class RefundOut(serializers.ModelSerializer[Refund]):
    id = serializers.CharField(source="public_id")
    order = PublicId()

    class Meta:
        model = Refund
        fields = ("id", "order", "amount", "state", "reason", "created_at")


class OrderRefund(View):
    """The buyer within 14 days while nothing of the licence was used; staff any part at any time."""

    scopes: ClassVar = {"POST": "buy"}

    @extend_schema(operation_id="orders_refund", request=RefundIn, responses={202: RefundOut})
    def post(self, request: Request, order: str) -> Response:
        row = access.find(Order, order, self.person)
        refund = actions.ask_refund(order=row, by=self.person, **self.understand(RefundIn))
        refund.refresh_from_db()
        return Response(RefundOut(refund).data, status=202)


urlpatterns = [
    path("orders", Orders.as_view()),
    path("orders/<str:order>", OrderDetail.as_view()),
    path("orders/<str:order>/refund", OrderRefund.as_view()),
]
