"""Licences as held, what is left of them, and what their studio may do with them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.licences import actions, queries
from atelier.licences.models import Licence
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


urlpatterns = [
    path("licences", Licences.as_view()),
    path("licences/<str:licence>", LicenceDetail.as_view()),
    path("licences/<str:licence>/base-download", BaseDownload.as_view()),
    path("licences/<str:licence>/suspend", Suspend.as_view()),
    path("licences/<str:licence>/restore", Restore.as_view()),
    path("licences/<str:licence>/revoke", Revoke.as_view()),
]
