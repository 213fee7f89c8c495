"""The door of Django's own admin: staff come in through our sign-in, with two steps."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from .access import has_two_step
from .models import User


def guard(site: admin.AdminSite) -> None:
    allowed, login = site.has_permission, secure_admin_login(site.login)

    def has_permission(request: HttpRequest) -> bool:
        return allowed(request) and isinstance(request.user, User) and has_two_step(request.user)

    def sign_in(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if allowed(request):  # staff, and all that is missing is the second step
            wanted = urlencode({"next": request.GET.get("next") or request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('two-step')}?{wanted}")
        return login(request, *args, **kwargs)

    site.has_permission, site.login = has_permission, sign_in  # type: ignore[method-assign]
