from django.apps import AppConfig


class MaterialConfig(AppConfig):
    name = "atelier.material"
    label = "material"
