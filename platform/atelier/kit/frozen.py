"""Tables that only grow: the database itself refuses UPDATE, DELETE and TRUNCATE."""

from django.db.migrations import RunSQL

FUNCTION = RunSQL(
    """
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'table % only grows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $$;
    """,
    "DROP FUNCTION refuse_change();",
)


def append_only(table: str) -> RunSQL:
    """The migration operation that freezes `table`."""
    return RunSQL(
        f"""
        CREATE OR REPLACE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE OR REPLACE TRIGGER {table}_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC;
        """,
        f"DROP TRIGGER IF EXISTS {table}_rows ON {table}; DROP TRIGGER IF EXISTS {table}_all ON {table};",
    )
