from django.apps import AppConfig


class MaterialConfig(AppConfig):
    name = "atelier.material"
    label = "material"

    def ready(self) -> None:
        from . import queries, titles  # noqa: F401  tell the licences of consents, and of titles
