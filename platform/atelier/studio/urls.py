"""The pages, in each language."""

from django.urls import path

from . import checkpoints, licences, log, members, offers_urls, takedowns, titles_urls, usage, views

urlpatterns = [
    path("", views.rooms, name="studio"),
    path("invitations/<str:ticket>", members.invitation, name="studio-invitation"),
    path("<str:studio>", views.overview, name="studio-room"),
    path("<str:studio>/close", views.close, name="studio-close"),
    path("<str:studio>/licences", licences.licences, name="studio-licences"),
    path("<str:studio>/licences/<str:licence>", licences.licence, name="studio-licence"),
    path("<str:studio>/licences/<str:licence>/<str:decision>", licences.decide, name="studio-licence-decide"),
    path("<str:studio>/usage", usage.usage, name="studio-usage"),
    path("<str:studio>/usage.csv", usage.usage_csv, name="studio-usage-csv"),
    path("<str:studio>/usage.parquet", usage.usage_parquet, name="studio-usage-parquet"),
    path("<str:studio>/members", members.members, name="studio-members"),
    path("<str:studio>/members/invitations/<str:invitation>", members.withdraw, name="studio-invitation-withdraw"),
    path("<str:studio>/members/<str:member>", members.member, name="studio-member"),
    path("<str:studio>/log", log.log, name="studio-log"),
    path("<str:studio>/log.csv", log.log_csv, name="studio-log-csv"),
    path("<str:studio>/log/evidence", checkpoints.evidence, name="studio-evidence"),
    path("<str:studio>/log/checkpoints", checkpoints.listed, name="studio-checkpoints"),
    path("<str:studio>/log/checkpoints/<str:size>", checkpoints.one, name="studio-checkpoint"),
    path("<str:studio>/log/<str:entry>/proof", checkpoints.proof, name="studio-proof"),
    path("<str:studio>/log/<str:entry>/evidence", checkpoints.proof_file, name="studio-proof-file"),
    path("<str:studio>/takedowns", takedowns.listed, name="studio-takedowns"),
    path("<str:studio>/takedowns/reach/<str:item>", takedowns.reach, name="studio-reach"),
    path("<str:studio>/takedowns/<str:takedown>", takedowns.takedown, name="studio-takedown"),
    path("<str:studio>/takedowns/<str:takedown>/lift", takedowns.lift, name="studio-takedown-lift"),
    path("<str:studio>/takedowns/<str:takedown>/appeal", takedowns.appeal, name="studio-takedown-appeal"),
    *titles_urls.urlpatterns,
    *offers_urls.urlpatterns,
]
