"""Below /trust/: what a reader of our previews needs, whoever it is."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from .provenance import keys

SECONDS = 3600


@require_safe
def anchor(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(keys.anchors(), content_type="application/x-pem-file")
    patch_cache_control(response, public=True, max_age=SECONDS)
    response["Access-Control-Allow-Origin"] = "*"
    return response


urlpatterns = [path("anchor.pem", anchor, name="trust-anchor")]
