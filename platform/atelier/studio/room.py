"""A studio's room as one of its members stands in it, and the doors along its wall."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from atelier.accounts import access
from atelier.accounts.door import person
from atelier.accounts.models import Membership, Role, Studio, User

from .words import ROLES

DOORS: tuple[tuple[str, str | Promise], ...] = (
    ("studio-room", gettext_lazy("Overview")),
    ("studio-bases", gettext_lazy("Base models")),
    ("studio-titles", gettext_lazy("Titles and rights")),
    ("studio-adapters", gettext_lazy("House adapters")),
    ("studio-offers", gettext_lazy("Offers and tiers")),
    ("studio-licences", gettext_lazy("Licences")),
    ("studio-takedowns", gettext_lazy("Takedowns")),
    ("studio-usage", gettext_lazy("Usage")),
    ("studio-members", gettext_lazy("Members")),
    ("studio-log", gettext_lazy("Audit log")),
)


@dataclass(frozen=True)
class Door:
    label: str | Promise
    url: str
    here: bool


@dataclass(frozen=True)
class Room:
    studio: Studio
    person: User
    role: str
    path: str

    @property
    def role_name(self) -> str | Promise:
        return ROLES[self.role]

    @property
    def writes(self) -> bool:
        """Whether she may change things. Forms are hidden from those who may not, and refused to them."""
        return self.role in access.STUDIO_WRITERS

    @property
    def owns(self) -> bool:
        return self.role == Role.OWNER

    @property
    def id(self) -> str:
        return self.studio.public_id

    @property
    def doors(self) -> list[Door]:
        found = []
        for name, label in DOORS:
            try:
                url = reverse(name, args=[self.id])
            except NoReverseMatch:
                continue
            found.append(Door(label, url, self.path == url or (name != "studio-room" and self.path.startswith(url))))
        return found

    @property
    def door(self) -> Door | None:
        return next((door for door in self.doors if door.here), None)

    @property
    def others(self) -> list[Studio]:
        """The other studios that she belongs to."""
        return list(Studio.objects.filter(memberships__user=self.person).exclude(pk=self.studio.pk).order_by("name"))


def room(request: HttpRequest, studio: str, roles: tuple[Role, ...] = access.STUDIO_READERS) -> Room:
    """For views behind `signed_in`. Strangers: 404. Members without one of the roles: Refused("role_too_low", 403)."""
    me = person(request)
    found = access.studio(studio, me, roles)
    role = Membership.objects.values_list("role", flat=True).get(studio=found, user=me)
    return Room(found, me, role, request.path)


def show(request: HttpRequest, here: Room, template: str, shown: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """The template (it extends studio/room.html) with `room` beside what it shows."""
    return render(request, template, {"room": here, **shown}, status=status)
