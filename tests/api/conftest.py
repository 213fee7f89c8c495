"""One stage for this folder: every test rolls back to it what it does."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .tenancy.stage import Stage


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator["Stage"]:
    """Never committed. Every request on it stands between `rolled_back()`."""
    from django.db import transaction

    from .tenancy.stage import Stage

    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage()
        transaction.set_rollback(True)
