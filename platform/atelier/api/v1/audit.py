"""A studio's audit log, and the proofs that nobody rewrote it."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atelier.accounts import access
from atelier.audit import bundles, checkpoints
from atelier.audit import queries as audit
from atelier.audit.models import Checkpoint, Entry
from atelier.kit import attachment, ids
from atelier.kit.refused import Refused

from ..views import View


class EntryOut(serializers.ModelSerializer[Entry]):
    actor = serializers.SerializerMethodField()
    index = serializers.SerializerMethodField(help_text="Its place in the studio's log; none until it has one, a second or so later.")

    class Meta:
        model = Entry
        fields = ("id", "at", "actor", "action", "subject", "titles", "licence", "detail", "index")

    def get_actor(self, entry: Entry) -> str | None:
        return ids.public("usr", entry.actor) if entry.actor else None

    def get_index(self, entry: Entry) -> int | None:
        leaf = getattr(entry, "leaf", None)
        return leaf.place if leaf else None


FILTERS = [
    OpenApiParameter(name, str, description=what)
    for name, what in (
        ("action", "prefix, e.g. `training.`"),
        ("title", "public id of a title"),
        ("licence", "public id of a licence"),
        ("actor", "public id of a person"),
    )
]


class Audit(View):
    """A studio's log, for its owner, admins and auditors."""

    def entries(self, studio: str) -> QuerySet[Entry]:
        wanted = self.request.query_params
        row = access.studio(studio, self.person)
        return audit.of_studio(
            row.id,
            action=wanted.get("action", ""),
            title=wanted.get("title", ""),
            licence=wanted.get("licence", ""),
            actor=ids.parse("usr", wanted["actor"]) if wanted.get("actor") else None,
        )

    @extend_schema(operation_id="studios_audit", parameters=FILTERS, responses=EntryOut(many=True))
    def get(self, request: Request, studio: str) -> Response:
        return self.page(self.entries(studio).select_related("leaf"), EntryOut)


class AuditCsv(Audit):
    @extend_schema(operation_id="studios_audit_csv", parameters=FILTERS, responses={(200, "text/csv"): str})
    def get(self, request: Request, studio: str) -> StreamingHttpResponse:
        return sent(request, f"audit-{studio}.csv", audit.as_csv(self.entries(studio).iterator()), "text/csv; charset=utf-8")


class UsageOut(serializers.Serializer[Any]):
    action = serializers.CharField()
    title = serializers.CharField()
    licence = serializers.CharField()
    times = serializers.IntegerField()


class Usage(Audit):
    """How often what was done, by title and licence: the auditor's first question."""

    pagination_class = None

    @extend_schema(operation_id="studios_usage", parameters=FILTERS, responses=UsageOut(many=True))
    def get(self, request: Request, studio: str) -> Response:
        return Response(UsageOut(audit.usage(self.entries(studio))[:1000], many=True).data)


class CheckpointOut(serializers.ModelSerializer[Checkpoint]):
    root = serializers.CharField(source="root_hex")  # type: ignore[assignment]  # DRF's own `root` is not a field's

    class Meta:
        model = Checkpoint
        fields = ("size", "root", "origin", "created_at", "note")
        extra_kwargs: ClassVar = {"note": {"help_text": "What to keep: a C2SP checkpoint, a signed note."}}


class Checkpoints(View):
    scopes: ClassVar = {"POST": "studio"}

    @extend_schema(operation_id="studios_checkpoints", responses=CheckpointOut(many=True))
    def get(self, request: Request, studio: str) -> Response:
        row = access.studio(studio, self.person)
        return self.page(checkpoints.of_studio(row.id), CheckpointOut)

    @extend_schema(operation_id="studios_checkpoints_sign", request=None, responses={201: CheckpointOut})
    def post(self, request: Request, studio: str) -> Response:
        row = access.studio(studio, self.person, access.STUDIO_WRITERS)
        return Response(CheckpointOut(checkpoints.now(row.id)).data, status=201)


class ConsistencyOut(serializers.Serializer[Any]):
    since = serializers.IntegerField()
    size = serializers.IntegerField()
    proof = serializers.ListField(child=serializers.CharField(), help_text="Hashes as RFC 9162, 2.1.4 orders them, in hexadecimal.")
    checkpoint = CheckpointOut()


class Consistency(View):
    """That the log of a checkpoint grew from an earlier one."""

    @extend_schema(
        operation_id="studios_checkpoints_growth",
        parameters=[OpenApiParameter("since", int, description="the size of the earlier checkpoint; the one before unless told")],
        responses=ConsistencyOut,
    )
    def get(self, request: Request, studio: str, size: str) -> Response:
        row = access.studio(studio, self.person)
        checkpoint = checkpoints.find(row.id, size)
        since = number(request.query_params.get("since") or str(checkpoints.size_before(checkpoint)))
        proof = bundles.growth(checkpoint, since)
        told = {"since": since, "size": checkpoint.size, "proof": [each.hex() for each in proof], "checkpoint": checkpoint}
        return Response(ConsistencyOut(told).data)


class OpeningOut(serializers.Serializer[Any]):
    path = serializers.CharField()
    value = serializers.CharField()
    salt = serializers.CharField()


class ProofOut(serializers.Serializer[Any]):
    entry = serializers.IntegerField()
    index = serializers.IntegerField()
    leaf = serializers.CharField(help_text="The bytes that are hashed: canonical JSON (RFC 8785).")
    leaf_hash = serializers.CharField()
    inclusion = serializers.ListField(child=serializers.CharField(), help_text="Hashes as RFC 9162, 2.1.3 orders them, in hexadecimal.")
    checkpoint = CheckpointOut()
    holds = serializers.BooleanField(help_text="Whether the entry as it stands now still is the one that was signed.")
    openings = OpeningOut(many=True, help_text="What the leaf's commitments stand for: SHA-256 over salt and value.")


class InclusionProof(View):
    @extend_schema(operation_id="studios_audit_proof", responses=ProofOut)
    def get(self, request: Request, studio: str, entry: str) -> Response:
        proof = bundles.of_entry(audit.find(access.studio(studio, self.person).id, entry))
        return Response(ProofOut(bundles.facts(proof)).data)


def sent(request: Request, name: str, lines: Iterable[str | bytes], kind: str = "application/jsonl") -> StreamingHttpResponse:
    return attachment.sent(request._request, name, kind, partial(attachment.write_lines, lines=lines))


class EntryEvidence(View):
    """One entry with its proof, for `python -m licensing audit verify`."""

    @extend_schema(operation_id="studios_audit_entry_evidence", responses={(200, "application/jsonl"): str})
    def get(self, request: Request, studio: str, entry: str) -> StreamingHttpResponse:
        found = audit.find(access.studio(studio, self.person).id, entry)
        return sent(request, f"entry-{found.id}.jsonl", bundles.of_entry(found).bundle())


class Evidence(View):
    """The whole log up to its newest checkpoint, for `python -m licensing audit verify`."""

    @extend_schema(operation_id="studios_audit_evidence", responses={(200, "application/jsonl"): str})
    def get(self, request: Request, studio: str) -> StreamingHttpResponse:
        row = access.studio(studio, self.person)
        return sent(request, f"log-{studio}.jsonl", bundles.whole(checkpoints.newest(row.id)))


def number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise Refused("bad_size", "Say since which size: a whole number.", status=422, field="since")
    return int(text)


urlpatterns = [
    path("studios/<str:studio>/audit", Audit.as_view()),
    path("studios/<str:studio>/audit.csv", AuditCsv.as_view()),
    path("studios/<str:studio>/audit/evidence", Evidence.as_view()),
    path("studios/<str:studio>/audit/<str:entry>/proof", InclusionProof.as_view()),
    path("studios/<str:studio>/audit/<str:entry>/evidence", EntryEvidence.as_view()),
    path("studios/<str:studio>/checkpoints", Checkpoints.as_view()),
    path("studios/<str:studio>/checkpoints/<str:size>/growth", Consistency.as_view()),
    path("studios/<str:studio>/usage", Usage.as_view()),
]
