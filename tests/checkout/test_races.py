"""Clicks, deliveries and refunds at the same moment, on committed rows."""

import threading

from django.db import connection

from atelier.checkout import actions
from licensing.text import text_hash
from tests.world import World


def test_ten_clicks_at_once_make_one_order(committed: World) -> None:
    bob, revision = committed.bob, committed.tier().current
    hashed, found, gate = text_hash(revision.terms, "en"), list[str](), threading.Barrier(10)

    def click() -> None:
        gate.wait()
        try:
            found.append(actions.open_order(buyer=bob, revision=revision, accepted_text=hashed, language="en").public_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (10, 1)
