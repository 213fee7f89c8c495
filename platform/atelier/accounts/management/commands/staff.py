"""python manage.py staff ADDRESS [--no-longer]: who may sit at the desk. She signs up like everybody else first."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from atelier.accounts.actions import appoint
from atelier.accounts.models import User


class Command(BaseCommand):
    help = "Makes the person with this e-mail address one of the staff, or no longer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")
        parser.add_argument("--no-longer", action="store_true")

    def handle(self, *args: Any, address: str, no_longer: bool, **options: Any) -> None:
        user = User.objects.filter(email__iexact=address, is_active=True).first()
        if user is None:
            raise CommandError("Nobody has signed up with this address.")
        appoint(user=user, staff=not no_longer)
        self.stdout.write(f"{user.email} is {'no longer ' if no_longer else ''}staff.")
