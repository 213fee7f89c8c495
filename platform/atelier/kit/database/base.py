from django.db.backends.postgresql.base import DatabaseWrapper as Postgres

from .schema import DatabaseSchemaEditor


class DatabaseWrapper(Postgres):
    SchemaEditorClass = DatabaseSchemaEditor
