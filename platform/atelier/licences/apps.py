from django.apps import AppConfig


class LicencesConfig(AppConfig):
    name = "atelier.licences"
    label = "licences"
