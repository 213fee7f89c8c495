"""The pages, in each language."""

from django.urls import path

from . import views

urlpatterns = [
    path("models", views.models, name="models"),
]
