"""What programs of ours read: /metrics, for a Prometheus that knows the token."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from .metrics import text


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """401 to whoever does not send METRICS_TOKEN as a bearer token, and to everybody while none is set."""
    said = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not constant_time_compare(said, settings.METRICS_TOKEN):
        refusal = {"code": "not_signed_in", "detail": "Send METRICS_TOKEN as a bearer token."}
        return JsonResponse(refusal, status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(text(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


urlpatterns = [path("metrics", metrics)]
