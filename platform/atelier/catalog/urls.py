"""The public pages, in each language."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("catalogue", views.catalogue, name="catalogue"),
    path("catalogue/<str:offering>", views.offering, name="offering"),
    path("catalogue/<str:offering>/disclosure", views.disclosure, name="disclosure"),
    path("catalogue/<str:offering>/tiers", views.tiers, name="tiers"),
    path("tiers/<str:tier>", views.tier, name="tier"),
    path("legal/<str:page>", views.legal, name="legal"),
]
