from django.apps import AppConfig


class TakedownConfig(AppConfig):
    name = "atelier.takedown"
    label = "takedown"
