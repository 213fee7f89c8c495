"""How migrations change tables that are written to meanwhile.

The library makes indexes concurrently and constraints first without and then with a look at the rows. What is left needs a table for itself
for a moment: whoever waits for that holds up everybody behind, so each wait is short, and is tried again.
"""

import time
import warnings
from typing import Any, Self

from django.db import OperationalError
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as Plain
from django_zero_downtime_migrations.backends.postgres.schema import (
    DatabaseSchemaEditorMixin,
    PGAccessExclusive,
    UnsafeOperationWarning,
)
from psycopg.errors import DeadlockDetected, LockNotAvailable

# The waits themselves are in settings.py. A vacuum of a large table is sat out.
PATIENCE_SECONDS = 600.0
PAUSE_SECONDS = 0.5
# Whatever it was that it waited for: it has let go of everything.
GIVEN_WAY = (LockNotAvailable, DeadlockDetected)
# Said for one session, or made to wait for others without holding anybody up.
HARMLESS = ("SET ", "SELECT ")
CONCURRENT = " CONCURRENTLY "


class PatientSchemaEditor(Plain):
    """A statement that did not get its lock in time has done nothing: it is said again, once others had their turn."""

    def execute(self, sql: Any, params: Any = ()) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return super().execute(sql, params)
            except OperationalError as error:
                late = time.monotonic() > until
                if late or self.connection.in_atomic_block or not isinstance(error.__cause__, GIVEN_WAY):
                    raise
            time.sleep(PAUSE_SECONDS)


class DatabaseSchemaEditor(DatabaseSchemaEditorMixin, PatientSchemaEditor):
    def __enter__(self) -> Self:
        """What cannot be made harmless is refused before a release (stalls.py); the library's warnings come from the baseline alone."""
        warnings.filterwarnings("ignore", category=UnsafeOperationWarning)
        return super().__enter__()

    def execute(self, sql: Any, params: Any = ()) -> None:
        """What a migration says in SQL of its own waits no longer than the rest."""
        if isinstance(sql, str) and not sql.startswith(HARMLESS) and CONCURRENT not in sql.upper():
            sql = PGAccessExclusive(sql)
        super().execute(sql, params)
