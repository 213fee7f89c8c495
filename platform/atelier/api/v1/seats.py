"""Seats of licences: who has one, offering, taking and ending them."""

from typing import Any, ClassVar

from django.urls import path
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.accounts.models import User
from atelier.licences import sharing
from atelier.licences.models import Licence, Seat
from atelier.licences.room import Place, Sharing

from ..fields import PublicId
from ..views import View


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
    pagination_class = None

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
    path("licences/<str:licence>/seats", Seats.as_view()),
    path("licences/<str:licence>/seats/<str:seat>", SeatDetail.as_view()),
    path("seats/take", TakenSeat.as_view()),
]
