"""/api/v1: every app's operations, and the schema that describes them."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

V1 = (
    *("accounts", "studios", "audit", "titles", "bases", "adapters", "samples", "offers", "catalog", "checkout"),
    *("licences", "seats", "datasets", "assets", "consents", "quotes", "trainings", "sweeps", "library", "takedowns", "hooks"),
)

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="schema"),
    *(path("", include(f"atelier.api.v1.{name}")) for name in V1),
]
