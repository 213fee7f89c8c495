"""An operation of our own API, asked by many people in odd ways, and its answers held against the document that describes it."""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus
from typing import Any
from zlib import crc32

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from .seen import Seen

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PROBLEM = "application/problem+json"
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# How often something that is there stands where the generator would put anything, in requests of both modes.
REAL = {GenerationMode.POSITIVE: 0.85, GenerationMode.NEGATIVE: 0.5}
# Seconds for a connection and for an answer; an event stream is left after the second number.
PATIENCE, LISTENS = (5.0, 30.0), (5.0, 0.5)
SHOWN = 600
# How often somebody who may is asked for, and something of hers.
LIKELY = 0.7
DOORS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


@dataclass
class Caller:
    """Somebody with a token, or nobody. `issue` gives her another when she has revoked her own."""

    name: str
    often: int
    issue: Callable[[], str] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def enter(self) -> None:
        if self.issue is not None:
            self.headers = {"Authorization": f"Bearer {self.issue()}"}


@dataclass
class Tally:
    """What was counted: cases by operation, answers by status, and what is not as promised, each with its first example."""

    cases: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, example: str) -> None:
        if not self.found[what]:
            print(f"    {what}", flush=True)
        self.found[what] += 1
        self.examples.setdefault(what, example[:SHOWN])

    def reached(self) -> set[str]:
        """The operations that did at least once what they were asked."""
        return {name for name, status in self.answers if status < 300}

    def statuses(self) -> Counter[int]:
        counted = Counter[int]()
        for (_, status), count in self.answers.items():
            counted[status] += count
        return counted

    def problems(self) -> list[str]:
        return [f"{count} times {what}\n        {self.examples[what]}" for what, count in self.found.most_common()]


class Asking:
    """`operations` by their ids. Every case is made again at every drill, but for the ids that stand in it."""

    def __init__(self, web: str, document: dict[str, Any], callers: list[Caller]) -> None:
        self.schema = schemathesis.openapi.from_dict(document)
        self.schema.config.update(base_url=web)
        self.operations = {found.definition.raw["operationId"]: found for found in (each.ok() for each in self.schema.get_all_operations())}
        self.callers, self.tally = callers, Tally()
        self.seen, self.own = Seen(), {caller.name: Seen() for caller in callers}
        self.let: dict[str, list[Caller]] = defaultdict(list)
        self.http = requests.Session()
        self.http.trust_env = False
        for caller in callers:
            caller.enter()

    def ask(self, name: str, examples: int, again: str = "") -> None:
        """So many cases of each mode, or fewer where there are no more."""
        for mode in GenerationMode:
            self._generate(name, mode, examples, f"{name} {mode} {again}")

    def ask_at_edges(self, name: str, most: int) -> None:
        """The cases that lie at the edges of its own description: shortest, longest, missing, another type, another method."""
        rng, modes = random.Random(name), list(GenerationMode)
        cases = list(self.schema.iter_coverage_cases(self.operations[name], generation_modes=modes, generation_config=GenerationConfig()))
        for case in rng.sample(cases, min(len(cases), most)):
            self._try(name, case, case.meta.generation.mode, rng)

    def _generate(self, name: str, mode: GenerationMode, examples: int, seed: str) -> None:
        rng = random.Random(seed)

        @hypothesis.seed(crc32(seed.encode()))
        @hypothesis.settings(
            max_examples=examples, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
        )
        @given(self.operations[name].as_strategy(generation_mode=mode))
        def each(case: Any) -> None:
            self._try(name, case, mode, rng)

        with suppress(Unsatisfiable):  # what has no parameters has no wrong ones
            each()

    # ---- one case

    def _try(self, name: str, case: Any, mode: GenerationMode, rng: random.Random) -> None:
        caller = self._caller(name, rng)
        self._fill(case, caller, REAL[mode], rng)
        listens = name == "trainings_events"
        try:
            answer = case.call(session=self.http, headers=dict(caller.headers), timeout=LISTENS if listens else PATIENCE)
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
            return  # no client can send it
        except requests.exceptions.RequestException as error:
            self.tally.note(f"{name}: no answer ({type(error).__name__})", str(error))
            return
        self.tally.cases[name] += 1
        self.tally.modes[str(mode)] += 1
        self._judge(name, case, answer, caller)
        self._learn(name, caller, answer)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and caller.issue is not None:
            caller.enter()

    def _caller(self, name: str, rng: random.Random) -> Caller:
        """Rather one who came further than to the door of this operation before."""
        if self.let[name] and rng.random() < LIKELY:
            return rng.choice(self.let[name])
        return rng.choices(self.callers, [each.often for each in self.callers])[0]

    def _fill(self, case: Any, caller: Caller, share: float, rng: random.Random) -> None:
        """Ids of rows that are there, hers and others', so that cases come further than to the door."""

        def filled(values: dict[str, Any]) -> dict[str, Any]:
            return {name: self._real(name, caller, rng, value) if rng.random() < share else value for name, value in values.items()}

        if case.path_parameters:
            case.path_parameters = filled(case.path_parameters)
        if isinstance(case.body, dict):
            case.body = filled(case.body)

    def _real(self, name: str, caller: Caller, rng: random.Random, value: Any) -> Any:
        stores = (self.own[caller.name], self.seen) if rng.random() < LIKELY else (self.seen,)
        found = (store.known(name, rng) for store in stores)
        return next((each for each in found if each is not None), value)

    def _learn(self, name: str, caller: Caller, answer: Any) -> None:
        if answer.status_code not in DOORS and caller not in self.let[name]:
            self.let[name].append(caller)
        if answer.status_code < 300:
            with suppress(ValueError):  # a stream, a table, or nothing
                told = json.loads(answer.content)
                self.seen.learn(told)
                self.own[caller.name].learn(told)

    # ---- what it is held against

    def _judge(self, name: str, case: Any, answer: Any, caller: Caller) -> None:
        status, found = answer.status_code, []
        self.tally.answers[name, status] += 1
        if case.method != self.operations[name].method.upper():
            name, found = f"{case.method} instead of {name}", _other_method(case.method, answer)
        else:
            found = [*_described(case, answer), *(_refused(answer) if status >= 400 else ())]
        for what in found:
            self.tally.note(f"{name} {status}: {what}", f"{caller.name}: {_told(answer)}")


def _described(case: Any, answer: Any) -> Iterator[str]:
    try:
        case.validate_response(answer, checks=CHECKS[:-1] if _stream(answer) else CHECKS)
    except FailureGroup as group:
        yield from (f"{each.title}: {_gist(each)}" for each in group.exceptions)
    except Failure as failure:
        yield f"{failure.title}: {_gist(failure)}"


def _stream(answer: Any) -> bool:
    """The document calls a stream of events text, as OpenAPI 3.0 does; its events are no texts each."""
    return answer.headers.get("content-type", [""])[0].startswith("text/event-stream")


def _gist(failure: Any) -> str:
    return " ".join(str(failure.message).split())[:200]


def _other_method(method: str, answer: Any) -> list[str]:
    """A method that the document does not name is refused as everything is; HEAD answers as GET does, without a body."""
    if method == HTTPMethod.HEAD:
        return [] if answer.status_code < 500 else ["fails"]
    if answer.status_code not in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ["is answered"]
    return list(_refused(answer))


def _refused(answer: Any) -> Iterator[str]:
    """The one form of a no."""
    kind = ", ".join(answer.headers.get("content-type", []))
    if kind != PROBLEM:
        yield f"refused as {kind or 'nothing'}"
        return
    body = json.loads(answer.content)
    if not CODE.fullmatch(str(body.get("code"))) or not str(body.get("detail") or ""):
        yield "refused without a code or a sentence"
    if (body.get("status"), body.get("title")) != (answer.status_code, body.get("code")):
        yield "refused with a status or title of another"


def _told(answer: Any) -> str:
    sent = answer.request
    body = sent.body.decode(errors="replace") if isinstance(sent.body, bytes) else str(sent.body or "")
    return f"{sent.method} {sent.url} {body[:300]} -> {answer.content[:300].decode(errors='replace')}"
