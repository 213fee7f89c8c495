from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "atelier.library"
    label = "library"

    def ready(self) -> None:
        """Keys that do not belong together are found now, and not at the first preview."""
        from .provenance import keys

        if keys.held():
            keys.keys()
        keys.anchors()
