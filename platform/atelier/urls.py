"""Every address of the site."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from atelier.kit.health import health, ready
from atelier.kit.views import styleguide, theme

handler400 = "atelier.kit.faults.bad_request"
handler403 = "atelier.kit.faults.forbidden"
handler404 = "atelier.kit.faults.not_found"
handler500 = "atelier.kit.faults.broken"

urlpatterns = [
    path("health", health),
    path("ready", ready),
    path("", include("atelier.trainings.machines")),
    path("api/v1/", include("atelier.api.urls")),
    path("webhooks/", include("atelier.checkout.machines")),
    path("trust/", include("atelier.licences.machines")),
    path("trust/", include("atelier.library.machines")),
    path("_allauth/", include("allauth.headless.urls")),
    path("theme", theme, name="theme"),
    path("", include("atelier.catalog.machines")),
]
if settings.DEBUG:
    urlpatterns.append(path("admin/", admin.site.urls))
    urlpatterns.append(path("styleguide", styleguide))
urlpatterns += i18n_patterns(
    path("accounts/", include("allauth.urls")),
    path("", include("atelier.catalog.urls")),
    path("", include("atelier.accounts.urls")),
    path("", include("atelier.licences.urls")),
    path("", include("atelier.checkout.urls")),
    path("", include("atelier.material.urls")),
    path("", include("atelier.library.urls")),
    path("", include("atelier.trainings.urls")),
    path("", include("atelier.takedown.urls")),
    path("", include("atelier.api.pages")),
    path("studio/", include("atelier.studio.urls")),
    prefix_default_language=False,
)
