"""Below /trust/."""

from django.urls import path

from .policies import policy, profile
from .views import revocation_list, root, verifier

urlpatterns = [
    path("root.pub", root, name="trust-root"),
    path("revocations.json", revocation_list, name="trust-revocations"),
    path("verifier.py", verifier, name="trust-verifier"),
    path("odrl.jsonld", profile, name="trust-odrl"),
    path("policies/<str:policy>", policy, name="trust-policy"),
]
