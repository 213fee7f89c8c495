"""What the head of every page needs to know about its reader."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .models import Membership


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """`studio_rooms`: whether she belongs to a studio; asked of the database only by pages that show it."""

    def member() -> bool:
        user = getattr(request, "user", None)
        return bool(user and user.is_authenticated and Membership.objects.filter(user=user).exists())

    return {"studio_rooms": SimpleLazyObject(member)}
