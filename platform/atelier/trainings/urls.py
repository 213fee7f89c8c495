"""The pages, in each language."""

from django.urls import path

from . import views

urlpatterns = [
    path("home", views.home, name="home"),
    path("trainings", views.trainings, name="trainings"),
]
