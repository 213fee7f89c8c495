"""The pages, in each language."""

from django.urls import path

from . import views

urlpatterns = [
    path("notice", views.notice, name="notice"),
    path("notice/sent", views.sent, name="notice_sent"),
    path("notice/<str:case>/<str:key>", views.case, name="notice_case"),
    path("notice/<str:case>/<str:key>/confirm", views.confirm, name="notice_confirm"),
    path("notice/<str:case>/<str:key>/appeal", views.appeal, name="notice_appeal"),
]
