"""The register: titles, their clearances, performers."""

from django.urls import path

from . import titles, titles_people

urlpatterns = [
    path("<str:studio>/titles", titles.titles, name="studio-titles"),
    path("<str:studio>/titles/performers", titles_people.performers, name="studio-performers"),
    path("<str:studio>/titles/performers/new", titles_people.new, name="studio-performer-new"),
    path("<str:studio>/titles/performers/<str:performer>", titles_people.performer, name="studio-performer"),
    path("<str:studio>/titles/performers/<str:performer>/paper", titles_people.paper, name="studio-performer-paper"),
    path("<str:studio>/titles/clearances/<str:clearance>/paper", titles.paper, name="studio-clearance-paper"),
    path("<str:studio>/titles/<str:title>", titles.title, name="studio-title"),
    path("<str:studio>/titles/<str:title>/clearance", titles.clear, name="studio-title-clear"),
    path("<str:studio>/titles/<str:title>/cast", titles.cast, name="studio-title-cast"),
]
