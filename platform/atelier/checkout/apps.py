from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "atelier.checkout"
    label = "checkout"
