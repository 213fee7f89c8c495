"""Papers: small files that prove something (a signed release, a deed). They are private: kept in the object store under a random name,
and shown to nobody but those who may see the row that they belong to."""

import hashlib
import secrets
from pathlib import PurePosixPath
from typing import Any

from django.db import models
from django.http import HttpResponse, HttpResponseRedirect

from . import store
from .refused import Refused

LARGEST = 10 << 20
NAME_SIGNS = 120
# How a file of each kind begins: what it is called is not believed.
KINDS = {b"%PDF-": ("application/pdf", ".pdf"), b"\x89PNG\r\n": ("image/png", ".png"), b"\xff\xd8\xff": ("image/jpeg", ".jpg")}
ACCEPT = ".pdf,.png,.jpg,.jpeg"


class Paper(models.Model):
    """The paper of a row, or none: `paper_key` is empty then."""

    paper_key = models.CharField(max_length=120, blank=True, help_text="In the bucket `material`; empty without one.")
    paper_name = models.CharField(max_length=NAME_SIGNS, blank=True)
    paper_type = models.CharField(max_length=40, blank=True)
    paper_bytes = models.PositiveIntegerField(default=0)
    paper_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


def keep(data: bytes, name: str) -> dict[str, Any]:
    """Puts it into the store and gives the fields of its row. A caller whose transaction fails leaves an object that no row names."""
    if not 1 <= len(data) <= LARGEST:
        raise Refused("paper_size", "A paper has at most %(most)s MB.", status=422, field="paper", most=LARGEST >> 20)
    kind = next((kind for begin, kind in KINDS.items() if data.startswith(begin)), None)
    if kind is None:
        raise Refused("paper_kind", "A paper is a PDF, a PNG or a JPEG, whatever its name says.", status=422, field="paper")
    content_type, suffix = kind
    key = f"papers/{secrets.token_hex(16)}{suffix}"
    store.put_bytes(store.MATERIAL, key, data, content_type)
    digest = hashlib.sha256(data).hexdigest()
    facts = {"name": _name(name, suffix), "type": content_type, "bytes": len(data), "sha256": digest}
    return {"paper_key": key, **{f"paper_{fact}": value for fact, value in facts.items()}}


def shown(row: Paper) -> HttpResponse:
    """To the paper in the store, as a file to keep."""
    if not row.paper_key:
        raise Refused("no_paper", "There is no paper with this.", status=404)
    answer = HttpResponseRedirect(store.link(store.MATERIAL, row.paper_key, row.paper_name, content_type=row.paper_type))
    answer["Cache-Control"] = "private, no-store"
    return answer


def _name(name: str, suffix: str) -> str:
    """Its name with the suffix that it deserves."""
    stem = "".join(sign for sign in PurePosixPath(name.replace("\\", "/")).stem if sign.isprintable()).strip()
    return f"{stem[: NAME_SIGNS - len(suffix)] or 'paper'}{suffix}"
