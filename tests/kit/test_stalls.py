"""Which migrations `make check` refuses, judged without a database."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from atelier.kit.database import baseline, stalls
from atelier.kit.frozen import FUNCTION, append_only

LINK = models.ForeignKey("ledger.Transaction", models.PROTECT, null=True, related_name="+")
TWICE = models.GeneratedField(expression=models.F("amount") * 2, output_field=models.BigIntegerField(), db_persist=True)
STATE_ONLY = migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("posting", "side")])
HARMLESS = {
    "a nullable column": [migrations.AddField("posting", "note", models.TextField(null=True))],
    "a column with a default of the database": [migrations.AddField("posting", "note", models.TextField(db_default=""))],
    "an index": [migrations.AddIndex("posting", models.Index(fields=["side"], name="posting_side"))],
    "a check": [migrations.AddConstraint("posting", models.CheckConstraint(condition=models.Q(amount__lt=9), name="small"))],
    "a foreign key": [migrations.AddField("posting", "corrects", LINK)],
    "a column that leaves the models": [STATE_ONLY],
    "a column that leaves the database, a release later": [migrations.RunSQL("ALTER TABLE ledger_posting DROP COLUMN side")],
    "a table of its own": [
        migrations.CreateModel("page", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("page", "of", models.ForeignKey("ledger.Transaction", models.PROTECT)),
    ],
    "a table that only grows": [FUNCTION, append_only("ledger_page")],
    "rows by batches": [migrations.RunPython(migrations.RunPython.noop, atomic=False)],
}
FELT = {
    "a column that old code does not fill": [migrations.AddField("posting", "note", models.TextField(default=""))],
    "a stored generated column": [migrations.AddField("posting", "twice", TWICE)],
    "another type": [migrations.AlterField("posting", "amount", models.IntegerField())],
    "a column renamed": [migrations.RenameField("posting", "side", "hand")],
    "a table renamed": [migrations.RenameModel("posting", "leg")],
    "a column dropped while it is read": [migrations.RemoveField("posting", "side")],
    "a table dropped while it is read": [migrations.DeleteModel("posting")],
    "a column filled at once": [migrations.AlterField("account", "owner", models.UUIDField(default="0" * 32))],
    "rows changed at once": [migrations.RunPython(migrations.RunPython.noop)],
    "rows changed at once in SQL": [migrations.RunSQL("-- all\nUPDATE ledger_posting SET amount = 1")],
    "an index in SQL": [migrations.RunSQL("create unique index a on ledger_posting (side)")],
    "a check in SQL": [migrations.RunSQL("ALTER TABLE ledger_posting ADD CONSTRAINT small CHECK (amount < 9)")],
    "not null in SQL": [migrations.RunSQL("ALTER TABLE ledger_account ALTER owner SET NOT NULL")],
    "a value of its own for every row": [migrations.RunSQL("ALTER TABLE ledger_posting ADD COLUMN u uuid DEFAULT gen_random_uuid()")],
    "inside what only the database sees": [
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RunSQL("LOCK TABLE ledger_posting")])
    ],
}


@pytest.fixture(scope="module")
def today() -> ProjectState:
    return MigrationLoader(None).project_state()


def judged(operations: list[Operation], state: ProjectState) -> list[stalls.Stall]:
    migration = migrations.Migration("9999_next", "ledger")
    migration.operations = operations
    return stalls.stalls(migration, state)


@pytest.mark.parametrize("operations", HARMLESS.values(), ids=HARMLESS)
def test_what_writers_do_not_feel_is_accepted(operations: list[Operation], today: ProjectState) -> None:
    assert judged(operations, today) == []


@pytest.mark.parametrize("operations", FELT.values(), ids=FELT)
def test_what_writers_would_feel_is_refused_with_what_to_do_instead(operations: list[Operation], today: ProjectState) -> None:
    found = judged(operations, today)
    assert found
    assert all(stall.what and stall.instead for stall in found)


def test_every_refusal_of_the_library_has_a_sentence_of_ours() -> None:
    assert {text for name, text in vars(stalls.Unsafe).items() if name.isupper()} == set(stalls.REFUSED)


def test_make_check_judges_what_is_newer_than_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first migrations were written for empty tables: without the baseline one of them is refused by name."""
    monkeypatch.setitem(baseline.BASELINE, "trainings", "0009_lanes")
    with pytest.raises(SystemCheckError, match=r"trainings\.0010_together.*\n?.*db_default"):
        call_command("check", deploy=True)


def test_no_migration_of_ours_is_refused() -> None:
    assert stalls.migrations() == []
