"""The pages, in each language."""

from django.urls import path

from . import caption_views, clip_views, people_views, titles_views, views

urlpatterns = [
    path("datasets", views.datasets, name="datasets"),
    path("datasets/<str:dataset>", views.dataset, name="dataset"),
    path("datasets/<str:dataset>/clips", views.clips, name="dataset-clips"),
    path("datasets/<str:dataset>/captions", caption_views.captions, name="dataset-captions"),
    path("datasets/<str:dataset>/licence", views.mean, name="dataset-licence"),
    path("datasets/<str:dataset>/attest", views.attest, name="dataset-attest"),
    path("datasets/<str:dataset>/seal", views.seal, name="dataset-seal"),
    path("datasets/<str:dataset>/withdraw", views.withdraw, name="dataset-withdraw"),
    path("datasets/<str:dataset>/titles", titles_views.of_titles, name="dataset-titles"),
    path("datasets/<str:dataset>/people", people_views.people, name="dataset-people"),
    path("datasets/<str:dataset>/people/new", people_views.record, name="consent-new"),
    path("consents/<str:consent>/paper", people_views.paper, name="consent-paper"),
    path("questions/<str:question>/reopen", people_views.reopen, name="question-reopen"),
    path("clips/<str:asset>/question", people_views.ask, name="clip-question"),
    path("clips/<str:asset>/caption", clip_views.caption, name="clip-caption"),
    path("clips/<str:asset>/remove", clip_views.remove, name="clip-remove"),
    path("clips/<str:asset>/<str:which>.jpg", clip_views.picture, name="clip-picture"),
]
