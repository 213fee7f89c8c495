"""What happens on queue io after the actions."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.db.models import Q
from django.db.models.functions import Now

from atelier.kit import outbox, store
from atelier.kit.refused import Refused
from atelier.kit.store import MATERIAL, QUARANTINE

from . import actions, inspection, sandbox
from .limits import ABANDONED_AFTER
from .models import Asset
from .problems import SENTENCES
from .states import AssetState


@worker_ready.connect
def say_how_files_are_probed(**_: Any) -> None:
    """A worker without bubblewrap says so when it starts, not at the first hostile file."""
    sandbox.bubblewrap()


@outbox.handles("material.inspect")
def inspect(asset: str, into: str) -> None:
    row = Asset.objects.filter(pk=asset, state=AssetState.CHECKING).first()
    if row is not None:
        inspection.inspect(row, into)


@outbox.handles("material.discard")
def discard(quarantine: str, upload: str, material: list[str]) -> None:
    """Deletes objects. What is gone already stays gone."""
    if upload:
        try:
            store.abort_multipart(QUARANTINE, quarantine, upload)
        except Refused as refused:
            if refused.code != "object_missing":
                raise
    if quarantine:
        store.delete(QUARANTINE, quarantine)
    for key in material:
        store.delete(MATERIAL, key)


@shared_task(name="material.sweep_abandoned")
def sweep_abandoned() -> int:
    """Ends uploads and checks that are older than ABANDONED_AFTER, and frees their quota. Returns how many."""
    old = Q(state__in=(AssetState.UPLOADING, AssetState.CHECKING), created_at__lt=Now() - ABANDONED_AFTER)
    assets = list(Asset.objects.filter(old).select_related("dataset").order_by("created_at")[:1000])
    for asset in assets:
        problem = "ABANDONED" if asset.state == AssetState.UPLOADING else "CHECK_FAILED"
        actions.abandon(asset=asset, problem=problem, sentence=SENTENCES[problem])
    return len(assets)
