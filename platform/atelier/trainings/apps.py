from django.apps import AppConfig


class TrainingsConfig(AppConfig):
    name = "atelier.trainings"
    label = "trainings"
