"""What every page shows around its own content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url

from .views import THEMES


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """`tongues`: this page in each language. `theme`: what the reader chose; dark unless told."""
    here = request.get_full_path()
    tongues = [(code, name, translate_url(here, code)) for code, name in settings.LANGUAGES]
    chosen = request.COOKIES.get("theme", "")
    return {"tongues": tongues, "public_url": settings.PUBLIC_URL, "theme": chosen if chosen in THEMES else THEMES[0]}
