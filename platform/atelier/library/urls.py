"""The pages, in each language."""

from django.urls import path

from . import desk, views

urlpatterns = [
    path("models", views.models, name="models"),
    path("models/<str:model>", views.model, name="model"),
    path("models/<str:model>/name", views.rename, name="model-rename"),
    path("models/<str:model>/use", views.declare, name="model-declare"),
    path("models/<str:model>/withdraw", views.withdraw, name="model-withdraw"),
    path("models/<str:model>/handovers", views.hand_over, name="model-hand-over"),
    path("models/<str:model>/files/<str:artifact>", views.file, name="model-file"),
    path("models/<str:model>/previews/<str:preview>/<str:form>", views.preview, name="model-preview"),
    path("desk/leaks", desk.listed, name="leaks"),
    path("desk/leaks/<str:leak>", desk.one, name="leak"),
    path("licences/<str:licence>/adapter", views.hand_adapter, name="licence-adapter"),
    path("handovers/<str:handover>", views.handover, name="handover"),
    path("handovers/<str:handover>/file", views.handover_file, name="handover-file"),
]
