from django.apps import AppConfig

from atelier.audit import signing as checkpoints


class LicencesConfig(AppConfig):
    name = "atelier.licences"
    label = "licences"

    def ready(self) -> None:
        """Keys that are missing or do not belong together are found now, and not at the first handover."""
        from . import signing

        signing.keys()
        checkpoints.use(signing.keys)
