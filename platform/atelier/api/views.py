"""What every operation of the API shares. A view finds the row, understands the input, calls one action and answers."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from atelier.accounts.models import User
from atelier.kit.refused import Refused

from . import idempotency
from .models import IdempotentAnswer
from .pagination import CursorPagination
from .parsing import ShallowJSONParser


class FirstRenderer(BaseContentNegotiation):
    """Each operation has one form of answer, whatever the Accept header says (event streams, CSV, JSON)."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class View(APIView):
    """An operation. `scopes` names the token scope per method (GET asks for `read` unless told); `public` opens it to everybody.

    What a `secret` one answers is kept nowhere, so an Idempotency-Key changes nothing there. A list comes in pages unless
    `pagination_class` is None.
    """

    scopes: ClassVar[dict[str, str]] = {}
    public: ClassVar[bool] = False
    secret: ClassVar[bool] = False
    pagination_class: ClassVar[type[CursorPagination] | None] = CursorPagination
    content_negotiation_class = FirstRenderer
    parser_classes = (ShallowJSONParser,)
    metadata_class = None  # OPTIONS is no operation: what there is to know stands in the OpenAPI document
    _keyed: IdempotentAnswer | None = None

    @property
    def person(self) -> User:
        """The signed-in person; ScopedPermission has made sure there is one."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "%00" in request.META.get("QUERY_STRING", ""):  # no text in the database can hold it
            raise Refused("bad_query", "A parameter of the address holds the sign NUL.", status=400)
        self._keyed = None if self.secret else idempotency.begin(request)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if self._keyed is not None:
            idempotency.finish(self._keyed, response)
        response.headers.setdefault("Cache-Control", "no-store")
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        return final

    def understand(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """The request's body, checked. Raises ValidationError (422, field by field)."""
        form = serializer(data=self.request.data)
        form.is_valid(raise_exception=True)
        data: dict[str, Any] = form.validated_data
        return data

    def page(self, rows: QuerySet[Any], serializer: type[BaseSerializer[Any]]) -> Response:
        assert self.pagination_class is not None
        paginator = self.pagination_class()
        chosen = paginator.paginate_queryset(rows, self.request, view=self)
        return paginator.get_paginated_response(serializer(chosen, many=True).data)
