"""The pages, in each language."""

from django.urls import path

from . import pages

urlpatterns = [
    path("orders", pages.orders, name="orders"),
]
