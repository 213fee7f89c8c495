"""What a file says of where it comes from, and whether that is to be believed. Only `Trusted` counts: `Valid` means no more than that
somebody signed it."""

import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import c2pa

from . import manifest
from .manifest import About

TRUSTED = "Trusted"
UNMARKED = "Unmarked"
STAMPED = "timeStamp.trusted"
TYPES = {".mp4": "video/mp4", ".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg"}


class NotTrusted(Exception):
    """It does not say so, or who says so is not believed."""


@dataclass(frozen=True)
class Found:
    """`state` is the reader's verdict, `codes` why it is no better (C2PA, "Validation status codes"). `signed_at` is what a clock says
    that stands under the anchors too; without one a signature is believed for no longer than its certificate lasts."""

    state: str
    codes: tuple[str, ...]
    about: About | None
    signed_by: str = ""
    signed_at: datetime | None = None

    @property
    def trusted(self) -> bool:
        return self.state == TRUSTED and self.about is not None


def settings(anchors: str) -> dict[str, Any]:
    """For the library: nothing is fetched, nobody is asked, nobody but the anchors is believed."""
    return {
        "verify": {"verify_trust": True, "verify_timestamp_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "trust": {"trust_anchors": anchors},
        "builder": {"thumbnail": {"enabled": False}},
    }


def read(data: bytes, media: str, anchors: str) -> Found:
    try:
        with c2pa.Context.from_dict(settings(anchors)) as context, c2pa.Reader(media, io.BytesIO(data), context=context) as reader:
            return _found(reader.get_validation_state() or "", json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return Found(UNMARKED, (), None)
    except c2pa.C2paError as error:
        return Found("Invalid", (str(error),), None)


def _found(state: str, told: dict[str, Any]) -> Found:
    said = told["manifests"][told["active_manifest"]]
    by, results = said.get("signature_info", {}), told.get("validation_results", {}).get("activeManifest", {})
    stamped = any(each["code"] == STAMPED for each in results.get("success", []))
    codes = tuple(each["code"] for each in told.get("validation_status", []))
    signed_at = datetime.fromisoformat(by["time"]) if stamped else None
    return Found(state, codes, manifest.about(said), by.get("common_name", ""), signed_at)


def require_trusted(data: bytes, media: str, anchors: str) -> Found:
    """Raises NotTrusted."""
    found = read(data, media, anchors)
    if not found.trusted:
        raise NotTrusted(f"{found.state}: {', '.join(found.codes) or 'it does not say that it was generated'}")
    return found
