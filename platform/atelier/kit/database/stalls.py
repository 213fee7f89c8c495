"""Migrations that would hold writers up, or break what still runs the old code: `manage.py check --deploy` refuses them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db.migrations import DeleteModel, Migration, RemoveField, RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django_zero_downtime_migrations.backends.postgres.schema import Unsafe, UnsafeOperationException

from .baseline import BASELINE
from .dry import DrySchemaEditor


@dataclass(frozen=True)
class Stall:
    what: str
    instead: str


BY_BATCHES = "Fill rows in a task that commits every few thousand of them, before the migration that relies on it."
SECOND_COLUMN = "Add a second column, write both, fill the old rows in a task, and drop the first in a later release."
SECOND_COLUMN_FILLED = "Add it with null=True, let the code fill it in new rows and a task in the old ones."
STATE_FIRST = (
    "Take it out of the models with SeparateDatabaseAndState(state_operations=[…]) in this release, "
    "and out of the database with RunSQL in the next, when nothing reads it any more."
)
# What the library refuses, by what it says.
REFUSED = {
    Unsafe.ADD_COLUMN_NOT_NULL: Stall(
        "A column that must be filled is added without a default in the database: processes on the old code could write no row.",
        "Give the field a db_default, or null=True.",
    ),
    Unsafe.ADD_COLUMN_GENERATED_STORED: Stall("A stored generated column rewrites the table.", BY_BATCHES),
    Unsafe.ALTER_COLUMN_TYPE: Stall("Another type for a column rewrites the table.", SECOND_COLUMN),
    Unsafe.ADD_CONSTRAINT_EXCLUDE: Stall(
        "An exclusion constraint keeps everybody from writing while it is made.", "Make it with the table, or guard it with a trigger."
    ),
    Unsafe.ALTER_TABLE_RENAME: Stall("Processes on the old code know the table by its old name.", "Keep the name with Meta.db_table."),
    Unsafe.ALTER_TABLE_RENAME_COLUMN: Stall("Processes on the old code know the column by its old name.", "Keep the name with db_column."),
    Unsafe.ALTER_TABLE_SET_TABLESPACE: Stall("Moving a table copies it while nobody may use it.", "Make a new table there, and fill it."),
}
# What SQL by hand, and Django beneath the library, must not say.
PLAIN_INDEX = Stall("An index that is not made CONCURRENTLY keeps everybody from writing.", "Use AddIndex, which is concurrent here.")
ROWS_AT_ONCE = Stall("Rows are changed all at once, and stay locked until the last.", BY_BATCHES)
SAID = (
    (re.compile(r"CREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)"), PLAIN_INDEX),
    (re.compile(r"(REINDEX|DROP\s+INDEX)\s+(?!.*CONCURRENTLY)"), PLAIN_INDEX),
    (
        re.compile(r"ALTER\s+TABLE\b.*\bADD\s+(CONSTRAINT\s+\S+\s+)?(CHECK|FOREIGN\s+KEY|EXCLUDE)\b(?!.*\bNOT\s+VALID)"),
        Stall("A constraint that looks at every row keeps everybody from writing.", "Use AddConstraint, or NOT VALID and then VALIDATE."),
    ),
    (re.compile(r"ALTER\s+TABLE\b.*\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b"), REFUSED[Unsafe.ALTER_COLUMN_TYPE]),
    (
        re.compile(r"ALTER\s+TABLE\b.*\bADD\s+.*(\bAS\s+IDENTITY\b|\bDEFAULT\s+.*(RANDOM|UUID|CLOCK_TIMESTAMP|NEXTVAL|TIMEOFDAY)\w*\s*\()"),
        Stall("A column whose value differs from row to row rewrites the table.", SECOND_COLUMN_FILLED),
    ),
    (
        re.compile(r"(LOCK|TRUNCATE|CLUSTER|VACUUM\s+FULL|REFRESH\s+MATERIALIZED\s+VIEW)\b"),
        Stall("It takes the table for itself for as long as it lasts.", "Do it in smaller steps, by a task, or not at all."),
    ),
    (re.compile(r"(UPDATE|DELETE|INSERT|MERGE|WITH)\b"), ROWS_AT_ONCE),
)
# Harmless where the library says it, behind a check that was validated; by hand it looks at every row.
NOT_NULL = re.compile(r"SET\s+NOT\s+NULL", re.IGNORECASE)
BODY = re.compile(r"\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/", re.DOTALL)


def migrations(**options: Any) -> list[CheckMessage]:
    """Every migration of ours that is newer than the baseline."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    old = {node for each in BASELINE.items() for node in loader.graph.forwards_plan(each)}
    plan = dict.fromkeys(node for leaf in loader.graph.leaf_nodes() for node in loader.graph.forwards_plan(leaf))
    new = [node for node in plan if node not in old and loader.graph.nodes[node].__module__.startswith("atelier.")]
    state = ProjectState(real_apps=loader.unmigrated_apps)
    found: list[CheckMessage] = []
    for node in plan if new else ():
        migration = loader.graph.nodes[node]
        if node in new:
            where = f"{node[0]}.{node[1]}"
            found += [Error(stall.what, hint=stall.instead, obj=where, id="kit.E001") for stall in stalls(migration, state)]
        migration.mutate_state(state, preserve=False)
    return found


def stalls(migration: Migration, state: ProjectState) -> list[Stall]:
    """What of this migration would be felt, coming from `state`."""
    found = [stall for operation in _in_database(migration.operations) for stall in _of_kind(operation)]
    editor = DrySchemaEditor()
    try:
        with editor:
            migration.apply(state.clone(), editor, collect_sql=True)
    except UnsafeOperationException as refusal:
        found.append(REFUSED[str(refusal)])
    return [*found, *(stall for said in editor.said for stall in _said(said))]


def _in_database(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _in_database(operation.database_operations)
        else:
            yield operation


def _of_kind(operation: Operation) -> Iterator[Stall]:
    if isinstance(operation, RemoveField | DeleteModel):
        yield Stall("Processes on the old code still read what is dropped here.", STATE_FIRST)
    if isinstance(operation, RunSQL) and NOT_NULL.search(str(operation.sql)):
        yield Stall("Every row is looked at while nobody may use the table.", "Use AlterField with null=False, which is harmless here.")
    if isinstance(operation, RunPython) and operation.atomic is not False:
        yield Stall(ROWS_AT_ONCE.what, f"{BY_BATCHES} RunPython(…, atomic=False) says that it commits by batches itself.")


def _said(text: str) -> Iterator[Stall]:
    for statement in BODY.sub(" ", text).split(";"):
        plain = " ".join(statement.split()).upper()
        yield from (stall for pattern, stall in SAID if pattern.match(plain))
