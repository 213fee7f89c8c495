"""What is written for programs has one address, whatever the language."""

from django.urls import path

from . import views

urlpatterns = [
    path("robots.txt", views.robots),
    path("llms.txt", views.llms),
    path("sitemap.xml", views.sitemap),
]
