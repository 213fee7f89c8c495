"""Previews: signed before anybody sees them, and then found by a browser at an address of ours that stays, behind which is a link of a few
minutes."""

from dataclasses import asdict
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect

from atelier.accounts.models import User
from atelier.kit import store
from atelier.kit.ids import not_found, public, uuid7
from atelier.licences.models import Licence
from atelier.licences.queries import permit
from licensing.judge import Action

from .models import Preview
from .provenance import shelf
from .provenance.shelf import Signed

FORMS = ("clip", "still")


@transaction.atomic
def keep(
    *, training: UUID, licence: Licence, fence: int, place: int, step: int, prompt: str, seed: int, key: str, still: str, made_at: datetime
) -> Preview | None:
    """Signs both files and shows them. Safe to repeat. None where a later fence has shown the same prompt and step already."""
    before = Preview.objects.select_for_update().filter(training=training, place=place, step=step).first()
    if before is not None and before.fence > fence:
        return None
    wanted = before.pk if before else uuid7()
    title = public(Preview.prefix, wanted)
    about = shelf.about(licence, title, made_at, training=public("trn", training), step=str(step))
    clip, picture = (shelf.sign(store.MODELS, source, about) for source in (key, still))
    facts = {"fence": fence, "prompt": prompt, "seed": seed, "key": clip.key, "still": picture.key, "credential": credential(clip)}
    kept, _ = Preview.objects.update_or_create(
        training=training, place=place, step=step, defaults=facts, create_defaults={"id": wanted, **facts}
    )
    return kept


def credential(signed: Signed) -> dict[str, Any]:
    """As a row keeps it and a page tells it."""
    found = signed.found
    assert found.about is not None and found.signed_at is not None
    said = asdict(found.about) | {"made_at": found.about.made_at.isoformat()}
    return {**said, "signed_by": found.signed_by, "signed_at": found.signed_at.isoformat()}


def shown(preview: Preview | None, form: str, licence: Licence, person: User) -> HttpResponse:
    """Leads to the clip or to its still, where the licence lets the person see it."""
    if preview is None or form not in FORMS:
        raise not_found()
    permit(licence, Action.PREVIEW, person, (preview.training,))
    key = preview.key if form == "clip" else preview.still
    answer = redirect(store.link(store.MODELS, key, "", inline=True, content_type=shelf.MEDIA[PurePosixPath(key).suffix]))
    answer["Cache-Control"] = f"private, max-age={store.LINK_SECONDS // 2}"
    return answer
