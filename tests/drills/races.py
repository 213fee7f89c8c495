"""One winner of every race: two deeds at the same moment come to what they come to one after the other, in one of the two orders.

Before the rounds of a race both orders are played without haste; whatever a round comes to afterwards must be one of the two. Whoever
wins comes a little later the next time, so that the two meet where it is open who will: a race that one side always wins tells nothing.
Where both orders come to the same, as with a double click, nobody wins and nobody is held back: it counts how often the two met.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from atelier.demo import wire
from atelier.demo.trouble import Trouble
from tests.threads import together

from .ground import Ground
from .told import Outcome

if TYPE_CHECKING:
    from .duels import Duel, Field

ROUNDS, QUICK_ROUNDS = 200, 5
# Of its rounds each side wins at least so many, where there are enough to say so.
LEAST_SHARE, ENOUGH = 0.05, 20
# Of rounds that nobody can win, in so many neither was answered before the other had asked.
LEAST_MET = 0.9
STEP = 0.003  # seconds by which the winner comes later
JITTER = 0.006
SETTLED_WITHIN = 120.0
Lay = Callable[["Field"], "Duel"]


class Aim:
    """When each side begins, so that both may win. A lead is how many seconds the first one waits; below zero, the second."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.lead = rng, 0.0

    def delays(self) -> tuple[float, float]:
        lead = self.lead + self.rng.uniform(-JITTER, JITTER)
        return max(0.0, lead), max(0.0, -lead)

    def learn(self, winner: int) -> None:
        self.lead += STEP if winner == 0 else -STEP


class Contest:
    """Many rounds of one duel."""

    def __init__(self, field: "Field", lay: Lay) -> None:
        self.field, self.lay, self.name = field, lay, lay.__name__.replace("_", " ")
        self.aim, self.won = Aim(random.Random(self.name)), [0, 0]
        self.rounds, self.met = 0, 0
        self.problems = Counter[str]()
        self.orders = self._calm(0), self._calm(1)
        self.alike = self.orders[0] == self.orders[1]

    def _calm(self, leader: int) -> tuple[Any, ...]:
        """What comes of it when the leader is through before the other begins."""
        duel = self.lay(self.field)
        deeds, answers = (duel.first, duel.second), [None, None]
        for side in (leader, 1 - leader):
            answers[side], _, _ = _done(deeds[side], 0.0)
        return self._judged(duel, (answers[0], answers[1]))

    def round(self) -> None:
        duel = self.lay(self.field)
        (one, *asked), (other, *beside) = together(*map(partial, (_done, _done), (duel.first, duel.second), self.aim.delays()))
        found = self._judged(duel, (one, other))
        if found not in self.orders:
            self.problems[f"{found} is neither {self.orders[0]} nor {self.orders[1]}"] += 1
        self.rounds += 1
        if self.alike:
            self.met += max(asked[0], beside[0]) < min(asked[1], beside[1])
        else:
            winner = int(found != self.orders[0])
            self.won[winner] += 1
            self.aim.learn(winner)

    def _judged(self, duel: "Duel", answers: tuple[Any, Any]) -> tuple[Any, ...]:
        found = self.field.seen(duel, answers)
        duel.settle()
        self.problems.update(self.field.crooked(duel))
        return found

    def told(self) -> list[str]:
        found = [f"{self.name}: {problem} ({count} times)" for problem, count in self.problems.items()]
        if self.rounds >= ENOUGH and self.alike and self.met < LEAST_MET * self.rounds:
            found.append(f"{self.name}: the two met in {self.met} of {self.rounds} rounds")
        if self.rounds >= ENOUGH and not self.alike and min(self.won) < LEAST_SHARE * self.rounds:
            found.append(f"{self.name}: the sides won {self.won[0]} and {self.won[1]} rounds, which tells nothing")
        return found

    def figure(self) -> str:
        return f"{self.name} {f'met {self.met}' if self.alike else '{}:{}'.format(*self.won)}"


def play(ground: Ground, *, quick: bool) -> Outcome:
    ground.stack.stop_service("beat")  # a sweep would be a third one in some races
    ground.django()
    from . import duels  # rows can be read from here on

    races: dict[str, tuple[Lay, ...]] = {
        "double click": (duels.double_click,),
        "two tabs": (
            *(duels.pause_or_cancel, duels.pause_or_resume, duels.resume_or_cancel),
            *(duels.content_or_cancel, duels.content_or_pause),
        ),
        "a word against the worker": (
            *(duels.cancel_or_published, duels.content_or_published),
            *(duels.cancel_or_published, duels.content_or_stored),
        ),
        "refund against training": (
            *(duels.given_back_or_started, duels.taken_back_or_started),
            *(duels.taken_back_or_heartbeat, duels.taken_back_or_published),
        ),
    }
    field, rounds, figures, found = duels.Field(ground), QUICK_ROUNDS if quick else ROUNDS, list[str](), list[str]()
    for name, lays in races.items():
        contests = _raced(field, lays, rounds)
        found += [problem for contest in contests for problem in contest.told()]
        figures.append(f"{name} {rounds} ({', '.join(each.figure() for each in contests)})")
    ground.stack.start_service("beat")
    return Outcome("; ".join(figures), [*found, *_unpaid(field), *field.wrong()])


def _unpaid(field: "Field") -> list[str]:
    try:
        wire.until(lambda: None if field.owed() else True, within=SETTLED_WITHIN, late="not all refunds come through")
    except Trouble as late:
        return [f"{late}: {field.owed()} are left"]
    return []


def _raced(field: "Field", lays: tuple[Lay, ...], rounds: int) -> list[Contest]:
    contests = {lay: Contest(field, lay) for lay in dict.fromkeys(lays)}
    for number in range(rounds):
        contests[lays[number % len(lays)]].round()
    return list(contests.values())


def _done(deed: Callable[[], Any], delay: float) -> tuple[Any, float, float]:
    """Its answer, when it was asked for and when it came. Whatever it raises is an answer too: that no side breaks down is what is asked
    here."""
    time.sleep(delay)
    began = time.monotonic()
    try:
        answer = deed()
    except Exception as no:
        answer = no
    return answer, began, time.monotonic()
