"""Below /trust/."""

from django.urls import path

from .views import revocation_list, root

urlpatterns = [path("root.pub", root, name="trust-root"), path("revocations.json", revocation_list, name="trust-revocations")]
