"""Reserves at the same moment, on committed rows."""

from uuid import uuid4

from atelier.kit.refused import Refused
from atelier.licences import actions, queries
from tests.threads import together
from tests.world import World, run_outbox


def test_two_tabs_never_spend_the_same_second(committed: World) -> None:
    licence, won = committed.licence(training_seconds=100), list[str]()
    run_outbox()

    def start() -> None:
        try:
            actions.reserve(licence=licence, training=uuid4(), seconds=30)
            won.append("held")
        except Refused as no:
            won.append(no.code)

    together(*[start] * 12)
    assert sorted(won) == ["ALLOWANCE_SPENT"] * 9 + ["held"] * 3
    assert queries.seconds(licence) == queries.Seconds(granted=100, left=10, held=90, spent=0)


def test_a_licence_revoked_and_restored_at_once_has_one_winner(committed: World) -> None:
    licence, results = committed.licence(), list[str]()
    run_outbox()
    actions.suspend(licence=licence, reason="looked at")

    def decide(verb: str) -> None:
        row = type(licence).objects.get(pk=licence.pk)
        try:
            getattr(actions, verb)(licence=row, reason="race")
            results.append(verb)
        except Refused as no:
            results.append(no.code)

    together(*(lambda verb=verb: decide(verb) for verb in ["revoke", "revoke", "restore", "restore"]))
    licence.refresh_from_db()
    assert licence.state == "revoked"
    assert results.count("revoke") == 1
