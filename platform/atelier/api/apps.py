from importlib import import_module

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "atelier.api"
    label = "api"

    def ready(self) -> None:
        """Every Django process sends its hints to the configured broker. Not in atelier/__init__.py: the launcher imports that too.

        And whatever is told below is heard by the webhooks.
        """
        import_module("atelier.celery")
        import_module("atelier.api.hooks")
