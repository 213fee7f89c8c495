from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "atelier.studio"
    label = "studio"
