"""A migration that waits for a table lets others through, and has it in the end."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections, models
from django.test.utils import isolate_apps

from atelier.kit.database import schema
from atelier.kit.frozen import append_only

TABLE = "patience"
ADD_NOTE = "ALTER TABLE patience ADD COLUMN note text NOT NULL DEFAULT ''"
WRITE = "INSERT INTO patience (side) VALUES ('left')"
Session = psycopg.Connection[Any]


@pytest.fixture
def session(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[[], Session]]:
    """Opens sessions of others, who give up on a table that they do not get."""
    opened: list[Session] = []

    def begin() -> Session:
        names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
        opened.append(psycopg.connect(**{ours: connection.settings_dict[theirs] for ours, theirs in names.items()}))
        opened[-1].execute("SET lock_timeout = '20s'")
        opened[-1].commit()
        return opened[-1]

    with django_db_blocker.unblock():
        say("CREATE TABLE patience (id bigserial PRIMARY KEY, side text)")
        yield begin
        for each in opened:
            each.close()
        say("DROP TABLE patience")
        connection.close()


def say(text: str) -> None:
    with connection.schema_editor() as editor:
        editor.execute(text, None)


class Aside(threading.Thread):
    """Does it in a thread with a connection of its own, and keeps what went wrong."""

    def __init__(self, deed: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.deed, self.wrong = deed, ""
        self.start()

    def run(self) -> None:
        try:
            self.deed()
        except Exception as error:
            self.wrong = str(error)
        finally:
            connections.close_all()


def test_a_change_lets_writers_through_while_it_waits_for_the_table(session: Callable[[], Session]) -> None:
    reader, writer = session(), session()
    reader.execute("SELECT FROM patience")  # and stays in its transaction: the change cannot have the table
    change = Aside(lambda: say(ADD_NOTE))
    for _ in range(20):
        writer.execute(WRITE)
        writer.commit()
    assert change.is_alive()
    reader.commit()
    change.join(60)
    assert not change.is_alive() and not change.wrong
    assert writer.execute("SELECT DISTINCT note FROM patience").fetchall() == [("",)]


def test_a_change_that_never_gets_the_table_fails_and_has_changed_nothing(
    session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "PATIENCE_SECONDS", 0.0)
    reader = session()
    reader.execute("SELECT FROM patience")
    with pytest.raises(OperationalError, match="lock timeout"):
        say(ADD_NOTE)
    reader.commit()
    connection.close()  # as the process ends
    say(ADD_NOTE)


@isolate_apps("atelier.kit")
def test_an_index_is_made_while_others_write(session: Callable[[], Session]) -> None:
    class Patience(models.Model):
        side = models.TextField()

        class Meta:
            app_label, db_table = "kit", TABLE
            indexes = (models.Index(fields=["side"], name="patience_side"),)

    def make() -> None:
        with connection.schema_editor() as editor:
            editor.add_index(Patience, Patience._meta.indexes[0])

    first, second = session(), session()
    first.execute(WRITE)  # not committed: the index waits for it, with its lock taken
    change = Aside(make)
    second.execute(WRITE)
    second.commit()
    first.commit()
    change.join(60)
    assert not change.is_alive() and not change.wrong
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'patience_side'::regclass"
    assert second.execute(valid).fetchall() == [(True,)]


def test_a_table_that_only_grows_gets_a_column_and_still_only_grows(session: Callable[[], Session]) -> None:
    frozen = append_only(TABLE)
    for _ in range(2):  # a migration that was broken off says it again
        say(str(frozen.sql))
    writer = session()
    writer.execute(WRITE)
    writer.commit()
    say(ADD_NOTE)
    for text in ("UPDATE patience SET note = 'x'", "DELETE FROM patience", "TRUNCATE patience"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            writer.execute(text)
        writer.rollback()
    say(str(frozen.reverse_sql))
