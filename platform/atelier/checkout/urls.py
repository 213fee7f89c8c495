"""The pages, in each language."""

from django.urls import path

from . import pages

urlpatterns = [
    path("tiers/<str:tier>/buy", pages.buy, name="buy"),
    path("tiers/<str:tier>/text", pages.text, name="tier-text"),
    path("orders", pages.orders, name="orders"),
    path("orders/<str:order>", pages.order, name="order"),
    path("orders/<str:order>/state", pages.state, name="order-state"),
    path("orders/<str:order>/pay", pages.pay, name="order-pay"),
    path("orders/<str:order>/give-back", pages.give_back, name="give-back"),
    path("orders/<str:order>/invoice", pages.invoice, name="invoice"),
]
