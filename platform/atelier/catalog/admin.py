"""The catalogue for staff, to read. Studios change it, through actions."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from .models import BaseVersion, Offering, Tier, Title


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Title)
class TitleAdmin(ReadOnly):
    list_display = ("name", "year", "eidr", "studio")


@admin.register(BaseVersion)
class BaseVersionAdmin(ReadOnly):
    list_display = ("base", "version", "family", "state", "digest")
    list_filter = ("state", "family")


@admin.register(Offering)
class OfferingAdmin(ReadOnly):
    list_display = ("name", "studio", "version")


@admin.register(Tier)
class TierAdmin(ReadOnly):
    list_display = ("name", "offering", "open")
