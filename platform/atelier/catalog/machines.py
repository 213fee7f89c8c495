"""What is written for programs, and files, have one address, whatever the language."""

from django.urls import path

from . import views

urlpatterns = [
    path("robots.txt", views.robots),
    path("llms.txt", views.llms),
    path("sitemap.xml", views.sitemap),
    path("samples/<str:sample>", views.sample, name="sample"),
]
