"""A deploy in the middle of it: the next releases' migrations on a full table that is written to, then every process stopped and started
anew, one after the other, while a training runs. Nobody notices for long, and nothing is lost.
"""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from atelier.demo.wire import until
from atelier.devstack.wheels import REPOSITORY

from .ground import Ground, Stuck
from .told import Outcome
from .tomorrow import TODAY
from .traffic import OVER, Bystander, Visitor, Watcher, Writer

ROWS, QUICK_ROWS = 3_000_000, 50_000
WRITERS = 3
# Far more than there is time for: its owner takes what it has learned once every process is a new one.
STEPS = 3000
INTERVAL = 50
CALM = 5.0
MOST = 0.2
# A write may be slower when the machine is: up to this many times what a bystander waits in the same moments.
BESIDE = 2.0
NEXT = "n06_dropped"
DRAINS_WITHIN = 120.0
ACCOUNTS, LEGS = 100, 2000
ACCOUNT = """
    INSERT INTO ledger_account (id, kind, owner, unit, balance)
    SELECT gen_random_uuid(), 'studio', gen_random_uuid(), 'USD', 0 FROM generate_series(1, %s)
"""
DEEDS = """
    INSERT INTO ledger_transaction (id, kind, key, subject)
    SELECT gen_random_uuid(), 'old', 'old-' || place, 'old' FROM generate_series(1, %s) place
"""
# Legs of a deed come in pairs, so that every account and every deed sums to zero.
POSTINGS = """
    INSERT INTO ledger_posting (transaction_id, account_id, side, amount)
    SELECT deed.id, account.id, CASE leg %% 2 WHEN 0 THEN 'debit' ELSE 'credit' END, 100
      FROM (SELECT id FROM ledger_transaction WHERE kind = 'old') deed
     CROSS JOIN generate_series(0, %s - 1) leg
      JOIN (SELECT id, row_number() OVER () - 1 AS place FROM ledger_account WHERE unit = 'USD') account ON account.place = leg / 2 %% %s
"""
WAIT = re.compile(r"\[(\d+)\] LOG:  process \d+ still waiting for (.*)")
NAIVE = "CREATE INDEX posting_naive ON ledger_posting (side, id DESC)"
HANDED = "SELECT count(*) FILTER (WHERE outcome = 'drained'), count(*) FROM trainings_attempt"


def play(ground: Ground, *, quick: bool) -> Outcome:
    rows = QUICK_ROWS if quick else ROWS
    _fill(ground, rows)
    over = threading.Event()
    writers, bystander, visitor = [Writer(ground, over) for _ in range(WRITERS)], Bystander(ground, over), Visitor(ground, over)
    watcher = Watcher(ground, ground.start(STEPS))
    for thread in (*writers, bystander, visitor, watcher):
        thread.start()
    _until_running(ground)
    problems: list[str] = []
    calm = _longest(writers, bystander, lambda: time.sleep(CALM))
    forth = _longest(writers, bystander, lambda: problems.extend(_migrate(ground, NEXT)))
    problems += _still_grows_only(ground)
    back = _longest(writers, bystander, lambda: problems.extend(_migrate(ground, TODAY)))
    waits = [*_slow(forth), *_slow(back), *_waits(ground, writers)]
    away = visitor.longest
    rolled = _longest(writers, bystander, lambda: _roll(ground))
    ground.bob.post(f"/trainings/{watcher.training}/finish")
    watcher.join(DRAINS_WITHIN)
    # How it would have been. It holds everybody up for as long as a lease lasts here, so no training is at work any more.
    naive = _longest(writers, bystander, lambda: _say(ground, NAIVE))
    over.set()
    for thread in (*writers, bystander, visitor):
        thread.join()
    problems += waits + _judged(ground, writers, visitor, watcher)
    ((handed, attempts),) = ground.rows(HANDED)
    figure = (
        f"{rows} rows, {sum(len(writer.keys) for writer in writers)} writes by {WRITERS}; the longest (and beside it of a bystander, who "
        f"knows what the machine does): {forth} while migrated, {back} while taken back; "
        f"{calm} before, {rolled} while processes changed; {naive} with a plain CREATE INDEX; {attempts} claims, {handed} handed over, "
        f"{sum(watcher.steps_lost())} steps lost; {len(visitor.kept)} requests, {visitor.unanswered} tries unanswered, an answer after "
        f"{visitor.longest:.1f} s at most ({away:.1f} s while migrated); {len(watcher.seen)} live events"
    )
    return Outcome(figure, problems)


# ---- the table


def _fill(ground: Ground, rows: int) -> None:
    """As years would have left it: no trigger asks, and the vacuum has been there."""
    with _administrator(ground) as connection:
        connection.execute("ALTER SYSTEM SET log_lock_waits = on")
        connection.execute(f"ALTER SYSTEM SET deadlock_timeout = '{MOST}s'")  # after as long it is told
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("SET session_replication_role = replica")
        connection.execute(ACCOUNT, (ACCOUNTS,))
        connection.execute(DEEDS, (rows // LEGS,))
        connection.execute(POSTINGS, (LEGS, ACCOUNTS))
        for table in ("ledger_posting", "ledger_transaction", "ledger_account"):
            connection.execute(f"VACUUM (ANALYZE) {table}")


def _administrator(ground: Ground) -> psycopg.Connection:
    folder = ground.stack.folder
    where = f"host=127.0.0.1 port={folder.ports['postgres']} user=postgres dbname=atelier"
    return psycopg.connect(where, password=folder.secrets["postgres_admin"], autocommit=True)


def _say(ground: Ground, text: str) -> None:
    with ground.database() as connection:
        connection.execute(text)


# ---- the deploy


def _migrate(ground: Ground, name: str) -> list[str]:
    """As the job does that compose starts before the others, under the settings of the later release."""
    command = [sys.executable, "manage.py", "migrate", "ledger", name]
    env = {**ground.stack.env, "DJANGO_SETTINGS_MODULE": "tests.drills.release"}
    done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True)
    return [f"migrate ledger {name}: {done.stderr[-2000:]}"] if done.returncode else []


def _roll(ground: Ground) -> None:
    """One after the other, each asked to leave by SIGTERM; the next one when the new one is there."""
    for name in ("web", "worker-io"):
        ground.stack.stop_service(name)
        ground.stack.start_service(name)
    for name, worker in list(ground.workers.items()):
        worker.kill(signal.SIGTERM)
        worker.wait(DRAINS_WITHIN)
        ground.supervise()
        new = ground.workers[name]
        until(lambda new=new: " ready." in new.output() or None, within=DRAINS_WITHIN, late=f"{name} does not come back")
        _until_running(ground)


def _until_running(ground: Ground) -> None:
    late = f"the training does not run: {ground.states()}"
    until(lambda: ground.states().keys() & {"running", *OVER} or None, within=DRAINS_WITHIN, late=late)


# ---- what it was like


@dataclass(frozen=True)
class Longest:
    """Seconds of the longest of all writes that were under way while something was done."""

    writer: float
    bystander: float

    def __str__(self) -> str:
        return f"{self.writer * 1000:.0f} ms and {self.bystander * 1000:.0f} ms"


def _longest(writers: Sequence[Writer], bystander: Writer, deed: Callable[[], object]) -> Longest:
    began = time.monotonic()
    deed()
    ended = time.monotonic()
    time.sleep(1)  # a write that still waits is known when it is over
    return Longest(max(_took(writers, began, ended)), max(_took([bystander], began, ended)))


def _took(writers: Sequence[Writer], began: float, ended: float) -> list[float]:
    found = [took for writer in writers for at, took in list(writer.writes) if at + took >= began and at <= ended]
    if not found:
        raise Stuck("nobody wrote")
    return found


def _slow(longest: Longest) -> list[str]:
    if longest.writer <= max(MOST, BESIDE * longest.bystander):
        return []
    return [f"a write took {longest.writer:.3f} s, a bystander's {longest.bystander:.3f} s"]


def _waits(ground: Ground, writers: Sequence[Writer]) -> list[str]:
    """What PostgreSQL itself says of writers that wait: a machine that is busy with others makes writes slow, and not this."""
    pids = {writer.pid for writer in writers}
    lines = WAIT.findall(ground.stack.log("postgres").read_text())
    return [f"a write waited for {lock}" for pid, lock in lines if int(pid) in pids]


def _still_grows_only(ground: Ground) -> list[str]:
    try:
        _say(ground, "UPDATE ledger_posting SET origin = 'other' WHERE id = (SELECT max(id) FROM ledger_posting)")
    except psycopg.errors.RestrictViolation:
        return []
    return ["a posting could be changed after the migrations"]


def _judged(ground: Ground, writers: Sequence[Writer], visitor: Visitor, watcher: Watcher) -> list[str]:
    found = [f"a write failed: {wrong}" for writer in writers for wrong in writer.wrong]
    keys = {key for (key,) in ground.rows("SELECT key FROM ledger_transaction WHERE kind = %s", Writer.KIND)}
    found += [f"{len(missing)} acknowledged writes are lost" for writer in writers if (missing := set(writer.keys) - keys)]
    names = [name for (name,) in ground.rows("SELECT name FROM trainings_project WHERE name LIKE 'Visit %%'")]
    if sorted(names) != sorted(visitor.kept) or visitor.lost:
        found.append(f"{len(visitor.kept)} requests were answered, {len(names)} are there, {visitor.lost} had no answer in the end")
    return [*found, *_of_training(ground, watcher), *_of_books(ground)]


def _of_training(ground: Ground, watcher: Watcher) -> list[str]:
    ((state, attempts),) = ground.rows("SELECT state, attempts FROM trainings_training")
    ((handed, _),) = ground.rows(HANDED)
    ((models,),) = ground.rows("SELECT count(*) FROM library_custommodel")
    ((held,),) = ground.rows("SELECT coalesce(sum(balance), 0) FROM ledger_account WHERE kind = 'held'")
    found = []
    if (state, attempts, models, held) != ("done", 1, 1, 0):
        found.append(f"the training is {state} after {attempts} attempts, with {models} models and {held} s on hold")
    if not handed:
        found.append("no worker had to hand over: the training was over too soon")
    found += [f"{steps} steps were lost" for steps in watcher.steps_lost() if steps > INTERVAL]
    return found + _of_events(watcher)


def _of_events(watcher: Watcher) -> list[str]:
    if watcher.wrong or watcher.is_alive():
        return [watcher.wrong or "the live events do not end"]
    whole: list[dict[str, object]] = []
    watcher.read(whole)
    return [] if watcher.seen == whole else [f"the watcher saw {len(watcher.seen)} events of {len(whole)}"]


def _of_books(ground: Ground) -> list[str]:
    ground.django()
    from .accounts import books  # the rows can be read from here on

    return books()
