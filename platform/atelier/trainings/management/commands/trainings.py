"""The queue from a shell: `manage.py trainings inspect [TRAINING]`, `requeue TRAINING`, `drain WORKER… | --all [--off]`."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from atelier.kit.refused import Refused
from atelier.trainings import operation, slots
from atelier.trainings.models import Training


class Command(BaseCommand):
    help = "Looks into the queue, puts a training back into it, and drains workers. Answers in JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        inspect = deeds.add_parser("inspect", help="the workers and the open trainings, or everything about one training")
        inspect.add_argument("training", nargs="?")
        requeue = deeds.add_parser("requeue", help="takes a training from its worker; another goes on from its last checkpoint")
        requeue.add_argument("training")
        drain = deeds.add_parser("drain", help="workers take nothing new and hand over what they have; --off: they work again")
        drain.add_argument("worker", nargs="*")
        drain.add_argument("--all", action="store_true")
        drain.add_argument("--off", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            said = getattr(self, options["deed"])(**options)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(json.dumps(said, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))

    def inspect(self, training: str | None, **_rest: Any) -> dict[str, Any]:
        if training:
            return operation.told(_find(training))
        there, rows = operation.everything()
        waiting = [{**operation.told(each.row), "worker": each.worker} for each in rows]
        return {"workers": [operation.worker(slot) for slot in there], "trainings": waiting}

    def requeue(self, training: str, **_rest: Any) -> dict[str, Any]:
        return operation.told(operation.requeue(training=_find(training)))

    def drain(self, worker: list[str], all: bool, off: bool, **_rest: Any) -> dict[str, Any]:
        there = [slot.worker for slot in slots.seen()]
        if unknown := set(worker) - set(there):
            raise CommandError(f"No such worker: {', '.join(sorted(unknown))}. There are: {', '.join(there) or 'none'}.")
        if not worker and not all:
            raise CommandError("Name workers, or say --all.")
        chosen = there if all else worker
        for each in chosen:
            slots.drain(each, not off)
        return {"off" if off else "drain": chosen}


def _find(training: str) -> Training:
    row = Training.objects.select_related("quote", "licence").filter(pk=Training.parse_id(training)).first()
    if row is None:
        raise CommandError(f"There is no training {training}.")
    return row
