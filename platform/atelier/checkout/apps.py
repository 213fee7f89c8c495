from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "atelier.checkout"
    label = "checkout"

    def ready(self) -> None:
        from . import queries  # noqa: F401  tells the licences which payments are in question
