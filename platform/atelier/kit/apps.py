from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "atelier.kit"
    label = "kit"
