"""Base models, house adapters, offerings and tiers."""

from django.urls import path

from . import adapters, bases, offers, tiers

urlpatterns = [
    path("<str:studio>/bases", bases.bases, name="studio-bases"),
    path("<str:studio>/bases/send_base.py", bases.upload_script, name="studio-bases-script"),
    path("<str:studio>/bases/<str:base>/publish", bases.publish, name="studio-base-publish"),
    path("<str:studio>/samples/<str:sample>/remove", bases.remove_sample, name="studio-sample-remove"),
    path("<str:studio>/adapters", adapters.adapters, name="studio-adapters"),
    path("<str:studio>/adapters/<str:model>/publish", adapters.publish, name="studio-adapter-publish"),
    path("<str:studio>/offers", offers.offers, name="studio-offers"),
    path("<str:studio>/offers/<str:offering>/tiers/new", tiers.new, name="studio-tier-new"),
    path("<str:studio>/offers/<str:offering>/tiers/<str:tier>", tiers.tier, name="studio-tier"),
    path("<str:studio>/offers/<str:offering>/tiers/<str:tier>/edit", tiers.edit, name="studio-tier-edit"),
    path("<str:studio>/offers/<str:offering>/tiers/<str:tier>/switch", tiers.switch, name="studio-tier-switch"),
]
