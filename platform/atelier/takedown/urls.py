"""The pages, in each language."""

from django.urls import path

from . import views

urlpatterns = [
    path("notice", views.notice, name="notice"),
]
