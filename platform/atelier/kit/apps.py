from django.apps import AppConfig
from django.core import checks

from .database import stalls


class KitConfig(AppConfig):
    name = "atelier.kit"
    label = "kit"

    def ready(self) -> None:
        checks.register(stalls.migrations, deploy=True)
