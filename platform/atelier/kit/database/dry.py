"""What a migration would say to the database, without one."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as Plain
from django_zero_downtime_migrations.backends.postgres.schema import DatabaseSchemaEditorMixin

from .base import DatabaseWrapper

POSTGRES = 18_00_00


class Listener(Plain):
    """Keeps what is said. What it would have to look up in the database has one name."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.said: list[str] = []

    def execute(self, sql: Any, params: Any = ()) -> None:
        self.said.append(str(sql))

    def _constraint_names(self, model: type[models.Model], *args: Any, **options: Any) -> list[str]:
        return ["as_the_database_calls_it"]


class DrySchemaEditor(DatabaseSchemaEditorMixin, Listener):
    """Raises UnsafeOperationException for what the library cannot make harmless."""

    def __init__(self) -> None:
        connection = DatabaseWrapper({"ENGINE": "atelier.kit.database"}, alias=DEFAULT_DB_ALIAS)
        connection.__dict__["pg_version"] = POSTGRES  # it would be asked for
        super().__init__(connection, collect_sql=True)
        self.RAISE_FOR_UNSAFE, self.EXPLICIT_CONSTRAINTS_DROP = True, False
        self._created: set[str] = set()

    def create_model(self, model: type[models.Model]) -> None:
        self._created.add(model._meta.db_table)
        super().create_model(model)

    def _add_column_not_null(self, model: type[models.Model], field: "models.Field[Any, Any]") -> str:
        """To a table of the same migration nobody writes yet."""
        return "NOT NULL" if model._meta.db_table in self._created else str(super()._add_column_not_null(model, field))
