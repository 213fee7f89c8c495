"""The pages, in each language."""

from django.urls import path

from . import checking, pages, seat_pages

urlpatterns = [
    path("verify", checking.verify, name="verify"),
    path("licences", pages.licences, name="licences"),
    path("licences/<str:licence>", pages.licence, name="licence"),
    path("licences/<str:licence>/seats", seat_pages.offer, name="licence-seats"),
    path("licences/<str:licence>/seats/<str:seat>", seat_pages.end, name="licence-seat"),
    path("seats/<str:ticket>", seat_pages.seat, name="seat"),
    path("licences/<str:licence>/text", pages.text, name="licence-text"),
    path("licences/<str:licence>/base", pages.base, name="licence-base"),
]
