"""The pages, in each language."""

from django.urls import path

from . import desk, home, sweeping, watching, wizard

urlpatterns = [
    path("desk/trainings", desk.page, name="desk-trainings"),
    path("desk/trainings/drain", desk.drain, name="desk-drain"),
    path("desk/trainings/<str:training>/requeue", desk.requeue, name="desk-requeue"),
    path("home", home.home, name="home"),
    path("trainings", home.trainings, name="trainings"),
    path("trainings/new", wizard.new, name="training-new"),
    path("trainings/new/<str:draft>/clips", wizard.clips, name="draft-clips"),
    path("trainings/new/<str:draft>/captions", wizard.captions, name="draft-captions"),
    path("trainings/new/<str:draft>/settings", wizard.settings, name="draft-settings"),
    path("trainings/new/<str:draft>/launch", wizard.launch, name="draft-launch"),
    path("trainings/new/<str:draft>/discard", wizard.discard, name="draft-discard"),
    path("trainings/new/<str:draft>/sweep", sweeping.lay, name="draft-sweep"),
    path("trainings/sweeps/<str:sweep>", sweeping.board, name="sweep"),
    path("trainings/sweeps/<str:sweep>/start", sweeping.start, name="sweep-start"),
    # After trainings/new: a training is named by its id.
    path("trainings/<str:training>", watching.page, name="training"),
    path("trainings/<str:training>/stream", watching.stream, name="training-stream"),
    path("trainings/<str:training>/now", watching.now, name="training-now"),
    path("trainings/<str:training>/cancel", watching.cancel, name="training-cancel"),
    path("trainings/<str:training>/pause", watching.pause, name="training-pause"),
    path("trainings/<str:training>/resume", watching.resume, name="training-resume"),
    path("trainings/<str:training>/finish", watching.finish, name="training-finish"),
    path("trainings/<str:training>/previews/<str:preview>/<str:form>", watching.preview, name="training-preview"),
]
