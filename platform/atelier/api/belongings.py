"""Kept answers go with the account: they repeat what their caller was told."""

from atelier.accounts.belongings import erases
from atelier.accounts.models import User

from .models import IdempotentAnswer


@erases
def answers(person: User) -> None:
    IdempotentAnswer.objects.filter(user=person).delete()
