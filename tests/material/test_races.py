"""Real threads on committed rows."""

import hashlib
from collections.abc import Callable
from threading import Barrier, Thread

from django.db import connection

from atelier.kit.refused import Refused
from atelier.material import actions, attestation, limits, queries

from .conftest import ready


def at_once(*verbs: Callable[[], object]) -> list[str]:
    """Runs them in threads that start together. Returns "done" or the code of the refusal, for each."""
    barrier, outcomes = Barrier(len(verbs)), []

    def run(verb: Callable[[], object]) -> None:
        try:
            barrier.wait()
            verb()
            outcomes.append("done")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_fifty_adds_at_once_do_not_exceed_one_quota(committed, monkeypatch):
    monkeypatch.setattr(limits, "BYTES_PER_PERSON", 1000)
    datasets = [actions.open_dataset(owner=committed.bob, name=name) for name in ("one", "two")]
    sha256 = hashlib.sha256(b"").hexdigest()

    def attempt(number: int) -> Callable[[], object]:
        return lambda: actions.add(dataset=datasets[number % 2], name=f"{number}.mp4", bytes=100, sha256=sha256)

    outcomes = at_once(*(attempt(number) for number in range(50)))
    assert (outcomes.count("done"), outcomes.count("QUOTA_SPENT")) == (10, 40)
    assert queries.bytes_taken(committed.bob.id) == 1000


def test_a_seal_and_a_caption_at_the_same_time_leave_the_sealed_words_in_the_row(committed, film):
    """Ten rounds: whoever wins, manifest and row agree."""
    for number in range(10):
        dataset = actions.open_dataset(owner=committed.bob, name=f"race {number}")
        asset = ready(dataset, film, caption="before")
        actions.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
        at_once(lambda: actions.seal(dataset=dataset), lambda: actions.caption(asset=asset, text="after"))  # noqa: B023
        asset.refresh_from_db()
        assert queries.manifest(dataset).clips[0].caption == asset.caption
