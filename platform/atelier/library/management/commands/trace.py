"""manage.py trace FILE: which marked copy a file came from, with the error bound and what that does not prove."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from atelier.library import leaks
from finetune.exits import BadData

SHOWN = 10
NOT_PROVEN = """\
A score names a copy, not a person: it says which download the file came from, not who passed it on.
A file that scores low may still be ours: the first copy of a model carries no mark, and training anew removes one.
The chance is the bound for the best of all copies asked about; a score below 7 proves nothing."""


class Command(BaseCommand):
    help = "Tells which handed-over copy a safetensors file came from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            found = leaks.trace(file)
        except (BadData, OSError) as error:
            raise CommandError(str(error)) from error
        if not found:
            self.stdout.write("No copy that was ever marked has layers like these.")
        for each in found[:SHOWN]:
            chance = leaks.chance(each.score, len(found))
            self.stdout.write(f"{each.score:6.2f}  chance <= {chance:.1e}  {each.handover}  {each.layers} of {each.known} layers")
        self.stdout.write(f"{len(found)} copies asked about.\n{NOT_PROVEN}")
