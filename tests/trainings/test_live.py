"""Events on the real stream: nothing missed by who comes back, an end after the final state, and no harm when the broker is away."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from atelier.trainings import live


async def read(training: UUID, after: str, most: int) -> list[tuple[str, dict[str, Any]]]:
    """Up to `most` events as (id, data)."""
    got: list[tuple[str, dict[str, Any]]] = []
    stream = live.follow(training, after)
    async for chunk in stream:
        name, data = chunk.decode().strip().split("\n")
        got.append((name.removeprefix("id: "), json.loads(data.removeprefix("data: "))))
        if len(got) == most:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    return got


def test_who_comes_back_with_the_last_id_misses_nothing() -> None:
    training = uuid4()
    for step in range(1, 6):
        live.tell(training, {"event": "step", "step": step})
    first = asyncio.run(read(training, "0", 2))
    rest = asyncio.run(read(training, first[-1][0], 3))
    assert [event["step"] for _, event in first + rest] == [1, 2, 3, 4, 5]


def test_it_ends_after_the_final_state() -> None:
    training = uuid4()
    live.tell(training, {"event": "step", "step": 1})
    live.tell(training, {"event": "state", "state": "done", "final": True})
    assert [event["event"] for _, event in asyncio.run(read(training, "0", 99))] == ["step", "state"]


def test_one_reader_sees_many_events_that_come_one_by_one() -> None:
    training = uuid4()

    async def talk_and_listen() -> list[tuple[str, dict[str, Any]]]:
        listening = asyncio.create_task(read(training, "0", 200))
        for step in range(120):
            await asyncio.to_thread(live.tell, training, {"event": "step", "step": step, "final": step == 119})
        return await listening

    assert [event["step"] for _, event in asyncio.run(talk_and_listen())] == list(range(120))


def test_streams_do_not_mix() -> None:
    mine, other = uuid4(), uuid4()
    live.tell(other, {"event": "state", "final": True})
    live.tell(mine, {"event": "state", "mine": True, "final": True})
    assert [event.get("mine") for _, event in asyncio.run(read(mine, "0", 9))] == [True]


@pytest.mark.parametrize(
    ("sent", "understood"), [("", "0"), ("5-1", "5-1"), ("nonsense", "0"), ("$", "0"), ("1-1\n", "0"), ("9" * 40 + "-1", "0")]
)
def test_an_odd_last_event_id_starts_from_the_beginning(sent: str, understood: str) -> None:
    assert live.position(sent) == understood


def test_a_broker_that_is_away_does_not_stop_a_training(settings: Any) -> None:
    live._client.cache_clear()
    settings.VALKEY_URL = "redis://127.0.0.1:9/0"
    assert live.tell(uuid4(), {"event": "step"}) is False
    live._client.cache_clear()
