"""The payment provider's webhook: signature, inbox, 200. Everything else happens later, on queue io."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from atelier.kit.refused import Refused

from . import actions, signature


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> JsonResponse:
    try:
        text = signature.verify(request.body, request.headers.get("Stripe-Signature", ""))
        taken = actions.receive(text=text)
    except Refused as error:
        return JsonResponse({"code": error.code, "detail": error.sentence}, status=error.status)
    if not taken:
        return JsonResponse({"code": "event_changed", "detail": "This event id came before with another body."}, status=400)
    return JsonResponse({"taken": True})
