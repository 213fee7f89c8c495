"""The pages, in each language."""

from django.urls import path

from . import pages

urlpatterns = [
    path("licences", pages.licences, name="licences"),
]
