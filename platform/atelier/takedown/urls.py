"""The pages, in each language."""

from django.urls import path

from . import desk, pages, views

urlpatterns = [
    path("notice", views.notice, name="notice"),
    path("notice/sent", views.sent, name="notice_sent"),
    path("notice/<str:case>/<str:key>", views.case, name="notice_case"),
    path("notice/<str:case>/<str:key>/confirm", views.confirm, name="notice_confirm"),
    path("notice/<str:case>/<str:key>/appeal", views.appeal, name="notice_appeal"),
    path("notice/<str:case>/<str:key>/answer", views.answer, name="notice_answer"),
    path("desk/", desk.queue, name="desk"),
    path("desk/takedowns", pages.listed, name="desk-takedowns"),
    path("desk/reach/<str:item>", pages.reach, name="desk-reach"),
    path("desk/takedowns/<str:takedown>", pages.takedown, name="desk-takedown"),
    path("desk/takedowns/<str:takedown>/lift", pages.lift, name="desk-takedown-lift"),
    path("withdraw/<str:item>", pages.withdraw, name="withdraw"),
    path("withdrawals/<str:takedown>", pages.withdrawal, name="withdrawal"),
    path("withdrawals/<str:takedown>/lift", pages.give_back, name="withdrawal-lift"),
    path("desk/<str:case>", desk.case, name="desk-case"),
    path("desk/<str:case>/take-up", desk.take_up, name="desk-take-up"),
    path("desk/<str:case>/ask", desk.ask, name="desk-ask"),
    path("desk/<str:case>/decide", desk.decide, name="desk-decide"),
]
