"""Licences as held, what is left of them, and what their studio may do with them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

from django.urls import path
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.accounts.models import User
from atelier.licences import actions, queries, sharing
from atelier.licences.models import Licence, Seat
from atelier.licences.room import Place, Sharing
from licensing.text import licence_text, text_hash

from ..fields import PublicId
from ..views import View


class LicenceOut(serializers.ModelSerializer[Licence]):
    id = serializers.CharField(source="public_id")
    holder = PublicId()
    studio = PublicId()
    tier = PublicId(source="revision.tier")
    tier_name = serializers.CharField(source="revision.tier.name")
    offering = serializers.CharField(source="revision.tier.offering.name")
    revision = PublicId()

    class Meta:
        model = Licence
        fields = (
            *("id", "state", "reason", "holder", "studio", "offering", "tier", "tier_name", "revision"),
            *("granted_at", "expires_at", "accepted_text"),
        )


class SecondsOut(serializers.Serializer[Any]):
    granted = serializers.IntegerField()
    left = serializers.IntegerField()
    held = serializers.IntegerField()
    spent = serializers.IntegerField()


class LicenceDetailOut(LicenceOut):
    terms = serializers.DictField(source="revision.terms_json")
    seconds = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField(help_text="The text as its holder accepted it.")

    class Meta:
        model = Licence
        fields = (*LicenceOut.Meta.fields, "terms", "seconds", "text")

    @extend_schema_field(SecondsOut)
    def get_seconds(self, licence: Licence) -> dict[str, int]:
        return asdict(queries.seconds(licence))

    def get_text(self, licence: Licence) -> str:
        """In the language whose hash was accepted; in English where the hash is of neither (a licence given without a sale)."""
        french = text_hash(licence.terms, "fr") == licence.accepted_text
        return licence_text(licence.terms, "fr" if french else "en")


class Licences(View):
    @extend_schema(operation_id="licences_list", responses=LicenceOut(many=True))
    def get(self, request: Request) -> Response:
        rows = access.visible(Licence, self.person).select_related("holder", "studio", "revision__tier__offering")
        return self.page(rows, LicenceOut)


class LicenceDetail(View):
    @extend_schema(operation_id="licences_get", responses=LicenceDetailOut)
    def get(self, request: Request, licence: str) -> Response:
        return Response(LicenceDetailOut(access.find(Licence, licence, self.person)).data)


class BaseLinkOut(serializers.Serializer[Any]):
    path = serializers.CharField()
    url = serializers.CharField(help_text="Lives five minutes.")
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()


class BaseDownload(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="licences_base_download", request=None, responses=BaseLinkOut(many=True))
    def post(self, request: Request, licence: str) -> Response:
        row = access.find(Licence, licence, self.person)
        return Response([asdict(link) for link in actions.hand_base(licence=row, by=self.person)])


class ReasonIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=80)

    def validate_reason(self, reason: str) -> str:
        """A payment's own reasons decide who may restore the licence: nobody else gives them."""
        if reason in actions.PAYMENT_REASONS:
            raise serializers.ValidationError("This is what a payment says. Say it in other words.")
        return reason


class StudioDecision(View):
    """What the studio's owners and admins decide about a licence of theirs."""

    scopes: ClassVar = {"POST": "studio"}

    def decide(self, public_id: str, decision: Callable[..., None]) -> Response:
        row = access.find(Licence, public_id, self.person)
        access.require_role(row.studio, self.person, access.STUDIO_WRITERS)
        decision(licence=row, by=self.person.id, **self.understand(ReasonIn))
        return Response(LicenceOut(row).data)


class Suspend(StudioDecision):
    @extend_schema(operation_id="licences_suspend", request=ReasonIn, responses=LicenceOut)
    def post(self, request: Request, licence: str) -> Response:
        return self.decide(licence, actions.suspend)


class Restore(StudioDecision):
    @extend_schema(operation_id="licences_restore", request=ReasonIn, responses=LicenceOut)
    def post(self, request: Request, licence: str) -> Response:
        return self.decide(licence, actions.restore)


class Revoke(StudioDecision):
    @extend_schema(operation_id="licences_revoke", request=ReasonIn, responses=LicenceOut)
    def post(self, request: Request, licence: str) -> Response:
        return self.decide(licence, actions.revoke)


class SeatOut(serializers.Serializer[Any]):
    """One seat as the caller may see it."""

    id = serializers.CharField(source="seat.public_id")
    licence = PublicId(source="seat.licence")
    state = serializers.CharField(source="seat.state", help_text="offered or taken.")
    person = PublicId(source="seat.person", allow_null=True)
    whose = serializers.CharField(help_text="The address that it was offered to, for its holder and herself; else an opaque id.")
    expires_at = serializers.DateTimeField(source="seat.expires_at", help_text="Until when an offer can be taken.")
    taken_at = serializers.DateTimeField(source="seat.taken_at", allow_null=True)
    spent = serializers.IntegerField(source="used.spent", help_text="Training seconds used on it.")
    held = serializers.IntegerField(source="used.held", help_text="Training seconds on hold for what is not over.")


class SeatOfferIn(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


class SeatTicketIn(serializers.Serializer[Any]):
    ticket = serializers.CharField(max_length=300, help_text="The end of the link in the mail.")


class Seats(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="licences_seats_list", responses=SeatOut(many=True))
    def get(self, request: Request, licence: str) -> Response:
        """Those taken and on offer; whoever has one sees her own."""
        room = Sharing(access.find(Licence, licence, self.person), self.person)
        return Response(SeatOut(room.places, many=True).data)

    @extend_schema(operation_id="licences_seats_offer", request=SeatOfferIn, responses={201: SeatOut})
    def post(self, request: Request, licence: str) -> Response:
        """Writes to the address; the answer is the same whether or not it has an account."""
        row = access.find(Licence, licence, self.person)
        seat = sharing.offer(licence=row, by=self.person, language=get_language() or "en", **self.understand(SeatOfferIn))
        return Response(SeatOut(_place(seat, self.person)).data, status=201)


class SeatDetail(View):
    scopes: ClassVar = {"DELETE": "train"}

    @extend_schema(operation_id="licences_seats_end", request=None, responses={204: None})
    def delete(self, request: Request, licence: str, seat: str) -> Response:
        """Withdraws the offer, takes the seat back, or gives it up."""
        access.find(Licence, licence, self.person)
        sharing.end(seat=access.find(Seat, seat, self.person), by=self.person)
        return Response(status=204)


class TakenSeat(View):
    scopes: ClassVar = {"POST": "train"}

    @extend_schema(operation_id="seats_take", request=SeatTicketIn, responses={201: SeatOut})
    def post(self, request: Request) -> Response:
        seat = sharing.of_ticket(self.understand(SeatTicketIn)["ticket"])
        return Response(SeatOut(_place(sharing.take(seat=seat, by=self.person), self.person)).data, status=201)


def _place(seat: Seat, reader: User) -> Place:
    return next(place for place in Sharing(seat.licence, reader).places if place.seat.pk == seat.pk)


urlpatterns = [
    path("licences", Licences.as_view()),
    path("licences/<str:licence>", LicenceDetail.as_view()),
    path("licences/<str:licence>/seats", Seats.as_view()),
    path("licences/<str:licence>/seats/<str:seat>", SeatDetail.as_view()),
    path("seats/take", TakenSeat.as_view()),
    path("licences/<str:licence>/base-download", BaseDownload.as_view()),
    path("licences/<str:licence>/suspend", Suspend.as_view()),
    path("licences/<str:licence>/restore", Restore.as_view()),
    path("licences/<str:licence>/revoke", Revoke.as_view()),
]
