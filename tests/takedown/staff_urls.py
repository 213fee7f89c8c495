"""The site with its staff's pages, which it serves in debug only."""

from django.contrib import admin
from django.urls import path

from atelier.urls import urlpatterns as site

urlpatterns = [path("admin/", admin.site.urls), *site]
