from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "atelier.ledger"
    label = "ledger"
