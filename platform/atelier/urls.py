"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from atelier.kit.views import healthz

urlpatterns = [
    path("healthz", healthz),
    path("api/v1/", include("atelier.api.urls")),
    path("webhooks/", include("atelier.checkout.urls")),
    path("trust/", include("atelier.licences.urls")),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("admin/", admin.site.urls))
