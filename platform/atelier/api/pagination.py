"""Cursor pagination, newest first. UUIDv7 keys are in order of time."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request


class CursorPagination(pagination.CursorPagination):
    ordering = "-pk"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def paginate_queryset(  # type: ignore[override]  # our lists are querysets
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        self.key = queryset.model._meta.pk
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Any:
        """The place in the list. One that is no key of this table (made up, or another list's) is NotFound."""
        cursor = super().decode_cursor(request)
        try:
            self.key.to_python(cursor.position if cursor else None)
        except ValidationError as error:
            raise NotFound(self.invalid_cursor_message) from error
        return cursor
