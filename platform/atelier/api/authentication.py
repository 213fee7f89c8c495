"""Who calls, and whether the token she uses was given this scope."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from atelier.accounts.actions import use_token
from atelier.accounts.models import ApiToken, User
from atelier.kit.refused import Refused

if TYPE_CHECKING:  # rest_framework.views imports this module: its settings name it
    from rest_framework.views import APIView


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer atl_…`"""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        token = use_token(words[1].decode("ascii", "replace")) if len(words) == 2 else None
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.", code="token_invalid")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ScopedPermission(BasePermission):
    """Signed in, and (for tokens) the scope that the view names for this method. Sessions hold every scope."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if getattr(view, "public", False):
            return True
        if not isinstance(request.user, User):
            return False
        method = "GET" if request.method == "HEAD" else request.method
        scope = getattr(view, "scopes", {}).get(method, "read")
        if isinstance(request.auth, ApiToken) and scope not in request.auth.scopes:
            raise Refused("scope_missing", "This token lacks the scope “%(scope)s”. Issue one that has it.", status=403, scope=scope)
        return True


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "atelier.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "atl_…"}
