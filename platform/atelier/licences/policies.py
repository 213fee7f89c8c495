"""A tier revision and a licence as other people's tools read them: ODRL in JSON-LD and an SPDX document, for everybody, at addresses that
stay. The licensee is the number that stands in certificates; nobody is named."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from atelier.catalog.models import TierRevision
from atelier.kit.ids import not_found
from licensing import odrl, spdx
from licensing.odrl import Parties

from .models import Licence
from .states import LicenceState

ODRL, SPDX = "application/ld+json", "application/spdx+json"
SUFFIXES = {".jsonld": ODRL, ".spdx.json": SPDX}
# A revision and its terms never change; a licence may be renewed or revoked.
SECONDS = {"rev": 86_400, "lic": 60}


@require_safe
def policy(request: HttpRequest, policy: str) -> HttpResponse:
    """`rev_…` or `lic_…`, with a suffix, or with what the reader's program accepts; a browser is led to the text."""
    suffix = next((each for each in SUFFIXES if policy.endswith(each)), "")
    row = _found(policy.removesuffix(suffix))
    wanted = SUFFIXES.get(suffix) or request.get_preferred_type(["text/html", ODRL, SPDX])
    if wanted not in SUFFIXES.values():
        return _varied(redirect("tier-text", _revision(row).tier.public_id))
    said = _odrl(row) if wanted == ODRL else _spdx(row)
    return _public(JsonResponse(said, content_type=wanted), SECONDS[row.prefix])


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """What of the policies' words ODRL does not have."""
    return _public(JsonResponse(odrl.profile(_profile()), content_type=ODRL), SECONDS["rev"])


def address(row: TierRevision | Licence) -> str:
    return settings.PUBLIC_URL + reverse("trust-policy", args=[row.public_id])


def _found(public_id: str) -> TierRevision | Licence:
    row: TierRevision | Licence | None = None
    if public_id.startswith(f"{Licence.prefix}_"):
        # A revoked licence permits nothing: there is no policy of it any more. One on hold is on hold, and is told so in the list.
        licences = Licence.objects.exclude(state=LicenceState.REVOKED).select_related("revision__tier__offering__version", "studio")
        row = licences.filter(pk=Licence.parse_id(public_id)).first()
    else:
        shown = TierRevision.objects.filter(tier__offering__version__state="published").select_related("tier__offering__studio")
        row = shown.filter(pk=TierRevision.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row


def _revision(row: TierRevision | Licence) -> TierRevision:
    return row.revision if isinstance(row, Licence) else row


def _odrl(row: TierRevision | Licence) -> odrl.Json:
    studio = _revision(row).tier.offering.studio
    assigner = f"urn:atelier:{studio.public_id}"
    if isinstance(row, Licence):
        parties = Parties(address(row), assigner, _profile(), f"urn:atelier:licensee:{row.number}")
        return odrl.agreement(row.terms, parties, row.granted_at, row.expires_at)
    return odrl.offer(row.terms, Parties(address(row), assigner, _profile()))


def _spdx(row: TierRevision | Licence) -> dict[str, object]:
    return spdx.document(row.terms, address(row), row.created_at, "en")


def _profile() -> str:
    return settings.PUBLIC_URL + reverse("trust-odrl")


def _varied(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["Accept"])
    return response


def _public(response: HttpResponse, seconds: int) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=seconds)
    response["Access-Control-Allow-Origin"] = "*"
    return _varied(response)
