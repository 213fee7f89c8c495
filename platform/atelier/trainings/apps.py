from django.apps import AppConfig

from atelier.kit import health


class TrainingsConfig(AppConfig):
    name = "atelier.trainings"
    label = "trainings"

    def ready(self) -> None:
        from . import agreement, station  # noqa: F401  agreement tells the licences of consents

        health.NOTES["workers"] = station.workers
