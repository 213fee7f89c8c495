"""The pages, in each language."""

from django.urls import path

from . import views

urlpatterns = [
    path("account", views.account, name="account"),
    path("account/tokens", views.token_list, name="tokens"),
    path("account/tokens/<str:token>/revoke", views.token_revoke, name="token-revoke"),
    path("account/data", views.data, name="account-data"),
    path("account/delete", views.delete, name="account-delete"),
    path("account/two-step", views.two_step, name="two-step"),
    path("account/closed", views.closed, name="account-closed"),
]
