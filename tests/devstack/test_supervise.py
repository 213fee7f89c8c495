"""Servers that end by themselves come back, unless they never stay."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from atelier.devstack.errors import StackError
from atelier.devstack.supervise import MOST, PAUSES, WITHIN, Supervisor


@dataclass
class Dead:
    name: str

    def poll(self) -> int:
        return 9

    def last_lines(self) -> str:
        return "    out of luck"


@dataclass
class Servers:
    """One server that is down until it is launched. `at`: the clock."""

    at: float = 100.0
    down: set[str] = field(default_factory=set)
    launched: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def dead(self) -> list[Any]:
        return [Dead(name) for name in sorted(self.down)]

    def launch(self, name: str) -> None:
        self.down.discard(name)
        self.launched.append(name)

    def tell(self, name: str, event: str) -> None:
        self.told.append(f"{name} {event}")


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def supervisor(servers: Servers) -> Supervisor:
    return Supervisor(servers, lambda: servers.at)


def test_the_first_death_is_mended_at_once_and_told(servers: Servers, supervisor: Supervisor) -> None:
    supervisor.look()
    assert servers.launched == []
    servers.down.add("io")
    supervisor.look()
    assert servers.launched == ["io"]
    assert "io ended with code 9 by itself" in servers.told[0]


def test_the_next_ones_wait_longer_and_longer(servers: Servers, supervisor: Supervisor) -> None:
    for pause in PAUSES:
        servers.down.add("io")
        supervisor.look()
        if pause:
            assert "io" in servers.down
            servers.at += pause
            supervisor.look()
        assert "io" not in servers.down
    assert len(servers.told) == len(servers.launched) == len(PAUSES)


def test_one_that_never_stays_ends_everything_with_its_last_lines(servers: Servers, supervisor: Supervisor) -> None:
    with pytest.raises(StackError, match="out of luck"):
        for _ in range(MOST):
            servers.down.add("io")
            supervisor.look()
            servers.at += PAUSES[-1]
            supervisor.look()
    assert len(servers.launched) == MOST - 1


def test_deaths_of_long_ago_and_of_others_do_not_count(servers: Servers, supervisor: Supervisor) -> None:
    for number in range(2 * MOST):
        servers.down.update({"io", f"other-{number}"})
        supervisor.look()
        servers.at += WITHIN
    assert servers.launched.count("io") == 2 * MOST
