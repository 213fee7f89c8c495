"""Whether a webhook comes from the payment provider, and now."""

import re
import time

from django.conf import settings
from stripe import SignatureVerificationError, WebhookSignature

from atelier.kit.refused import Refused

TOLERANCE_SECONDS = 300
HEADER = re.compile(r"t=(\d{1,15})(,[a-z0-9_]{1,20}=[!-+\--~]{1,200}){1,20}")


def verify(body: bytes, header: str) -> str:
    """The body as text. Raises Refused(400) for one that is unsigned, tampered with, or signed too long ago, or for the future.

    The SDK checks the signature and the past; it would take a timestamp from the future.
    """
    found = HEADER.fullmatch(header)
    if found is None or abs(time.time() - int(found[1])) > TOLERANCE_SECONDS:
        raise _refuse()
    try:
        text = body.decode()
        WebhookSignature.verify_header(text, header, settings.STRIPE_WEBHOOK_SECRET, TOLERANCE_SECONDS)
    except (UnicodeDecodeError, SignatureVerificationError) as error:
        raise _refuse() from error
    return text


def _refuse() -> Refused:
    return Refused("signature_invalid", "This webhook is not signed as it should be, or not now.", status=400)
