"""Where a browser finds a preview: an address of ours that stays, and behind it a link of a few minutes."""

from django.http import HttpResponse
from django.shortcuts import redirect

from atelier.accounts.models import User
from atelier.kit import store
from atelier.kit.ids import not_found
from atelier.licences.models import Licence
from atelier.licences.queries import permit
from licensing.judge import Action

from .models import Preview

FORMS = {"clip": "video/mp4", "still": "image/webp"}


def shown(preview: Preview | None, form: str, licence: Licence, person: User) -> HttpResponse:
    """Leads to the clip or to its still, where the licence lets the person see it."""
    if preview is None or form not in FORMS:
        raise not_found()
    permit(licence, Action.PREVIEW, person, (preview.training,))
    key = preview.key if form == "clip" else preview.still
    answer = redirect(store.link(store.MODELS, key, "", inline=True, content_type=FORMS[form]))
    answer["Cache-Control"] = f"private, max-age={store.LINK_SECONDS // 2}"
    return answer
