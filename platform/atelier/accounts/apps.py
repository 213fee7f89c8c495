from importlib import import_module

from django.apps import AppConfig
from django.contrib import admin
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "atelier.accounts"
    label = "accounts"

    def ready(self) -> None:
        """What every app holds on a person: accounts' own part, then the modules of that name above it."""
        for own in ("export", "closing"):
            import_module(f"{self.name}.{own}")
        autodiscover_modules("belongings")
        import_module(f"{self.name}.staff").guard(admin.site)
