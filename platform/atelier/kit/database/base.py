from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as Postgres
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool

from .schema import DatabaseSchemaEditor


class DatabaseWrapper(Postgres):
    SchemaEditorClass = DatabaseSchemaEditor

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        """Of a pool: one that lives. When the server has ended one it has most likely ended all (it was started anew), and the pool's own
        check would try each of them with a growing pause between."""
        found = super().get_new_connection(conn_params)
        if self.pool and not _lives(found):
            self.pool.putconn(found)
            self.pool.check()
            found = super().get_new_connection(conn_params)
        return found


def _lives(connection: Connection[Any]) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
