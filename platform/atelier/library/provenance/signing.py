"""Writes a signed manifest into a clip or picture, and takes nothing for signed that a reader would not trust."""

import io
import json

import c2pa

from . import clock
from .keys import Keys
from .manifest import About, definition
from .reading import Found, NotTrusted, require_trusted, settings


class NotSigned(Exception):
    """The library that writes it refused."""


def signed(data: bytes, media: str, about: About, keys: Keys) -> tuple[bytes, Found]:
    """The same picture with its manifest inside, and what a reader finds in it. Raises NotSigned, and NotTrusted where our own reader does
    not believe it."""
    made = _signed(data, media, about, keys)
    found = require_trusted(made, media, keys.anchors)
    if found.signed_at is None:
        raise NotTrusted("The clock is not believed.")
    return made, found


def _signed(data: bytes, media: str, about: About, keys: Keys) -> bytes:
    made = io.BytesIO()
    try:
        with (
            clock.listening(keys.clock) as address,
            c2pa.Signer.from_callback(keys.signer.signer.sign, c2pa.C2paSigningAlg.ED25519, keys.signer.pem, address) as signer,
            c2pa.Context.from_dict(settings(keys.anchors)) as context,
            c2pa.Builder(json.dumps(definition(about)), context) as builder,
        ):
            builder.sign(signer, media, io.BytesIO(data), made)
    except c2pa.C2paError as error:
        raise NotSigned(str(error)) from error
    return made.getvalue()
