from django.apps import AppConfig


class MaterialConfig(AppConfig):
    name = "atelier.material"
    label = "material"

    def ready(self) -> None:
        from . import queries  # noqa: F401  tells the licences of consents
