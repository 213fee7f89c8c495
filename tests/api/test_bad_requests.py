"""Requests that nobody should send: each gets a problem with a code, and none a failure of ours."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from atelier.api.parsing import DEEPEST
from atelier.api.views import View
from atelier.catalog.actions import open_tier
from licensing.money import Money

from .tenancy.described import bodies, operations, reads
from .tenancy.stage import Stage, rolled_back
from .tenancy.table import lines

TABLE = lines()
ARABIC = "مدينة الضوء ليلا " * 12
V1 = "/api/v1"


def sent(client: Any, path: str, body: str | bytes, **headers: str) -> Any:
    return client.post(V1 + path, body, content_type="application/json", headers=headers)


def rightful(stage: Stage, operation: str) -> Any:
    return stage.clients[TABLE[operation].rightful]


NUMBERS = [
    ("tokens_issue", "days"),
    ("titles_add", "year"),
    ("bases_open", "height"),
    ("bases_open", "frames"),
    ("bases_open", "fps"),
    ("orders_refund", "amount"),
    ("assets_add", "bytes"),
    ("quotes_ask", "seed"),
]
ODD = ["-1", "0", "1e30", "1" + "0" * 30, "1.5", "1e400", "-1e400", "NaN", '"7"', "true", "[1]", "{}", '"١"']
# A rate may have decimals, and may come as text, which is how they are kept exact; a seed may be zero.
RIGHT = {("fps", "1.5"), ("fps", '"7"'), ("fps", '"١"'), ("seed", "0")}
WRONG = [(operation, field, number) for operation, field in NUMBERS for number in ODD if (field, number) not in RIGHT]


@pytest.mark.parametrize(("operation", "field", "number"), WRONG)
def test_a_number_that_cannot_be_is_refused(stage: Stage, operation: str, field: str, number: str) -> None:
    body = json.dumps(stage.body(operation) | {field: "HERE"}).replace('"HERE"', number)
    with rolled_back():
        answer = sent(rightful(stage, operation), stage.path(operation).removeprefix(V1), body)
    assert answer.status_code == (400 if number == "NaN" else 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("amount", ["-1", "0", "49", "4900.0", "4900.5", "1e30", "1e400", '"4900"', "true", "null", "NaN"])
def test_a_price_is_whole_minor_units_or_refused(stage: Stage, amount: str) -> None:
    body = json.dumps(stage.body("tiers_revise") | {"price": {"amount": "HERE", "currency": "EUR"}}).replace('"HERE"', amount)
    with rolled_back():
        assert sent(stage.clients["owner"], stage.path("tiers_revise").removeprefix(V1), body).status_code in (400, 422)


@pytest.mark.parametrize(
    ("field", "value"),
    [("training_seconds", "1e3"), ("training_seconds", "1" + "0" * 30), ("period_days", "0"), ("max_rank", "-1"), ("seats", "true")],
)
def test_a_number_in_the_terms_that_cannot_be_is_refused_and_named(stage: Stage, field: str, value: str) -> None:
    right = stage.body("tiers_revise")
    body = json.dumps(right | {"terms": right["terms"] | {field: "HERE"}}).replace('"HERE"', value)
    with rolled_back():
        answer = sent(stage.clients["owner"], stage.path("tiers_revise").removeprefix(V1), body)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "bad_terms", field)


HALVES = ["\ud800", "a\udfffb", "\0", "a\0b"]


@pytest.mark.parametrize("text", HALVES, ids=ascii)
@pytest.mark.parametrize("key", ["", "once"])
@pytest.mark.parametrize("operation", ["studios_open", "projects_declare", "tokens_issue", "titles_add", "tiers_revise", "quotes_ask"])
def test_half_signs_and_nul_are_refused_wherever_they_stand_and_the_refusal_can_be_kept(
    stage: Stage, operation: str, key: str, text: str
) -> None:
    """With an Idempotency-Key the refusal, which repeats what was sent, is stored."""
    for field in reads(operation):
        body = stage.body(operation) | {field: {text: text} if field == "terms" else text}
        with rolled_back():
            headers = {"Idempotency-Key": key} if key else {}
            answer = sent(rightful(stage, operation), stage.path(operation).removeprefix(V1), json.dumps(body), **headers)
        assert answer.status_code in (404, 422), (field, answer.content)
        answer.content.decode()


@pytest.mark.parametrize("levels", [DEEPEST + 1, 900, 990, 5000, 200_000])
@pytest.mark.parametrize("opens", ["[", '{"a":'])
def test_deep_json_is_refused_before_it_is_walked(stage: Stage, opens: str, levels: int) -> None:
    deep = opens * levels + "1" + {"[": "]"}.get(opens, "}") * levels
    for operation in ("projects_declare", "tiers_revise"):
        with rolled_back():
            answer = sent(rightful(stage, operation), stage.path(operation).removeprefix(V1), f'{{"terms": {deep}, "stage": {deep}}}')
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_no_operation_reads_json_in_another_way() -> None:
    """Whoever gives a view parsers of its own gives up that limit."""
    assert [view for view in View.__subclasses__() if view.parser_classes != View.parser_classes] == []


@pytest.mark.parametrize(
    "body", [b"\xef\xbb\xbf{}", b'{"name":"\xe9"}', '{"name":"x"}'.encode("utf-16"), b"\0", b"nul", b'{"name":"x"}{', b"1" * 5000]
)
def test_bytes_that_are_no_json_are_refused(stage: Stage, body: bytes) -> None:
    answer = sent(stage.clients["creator"], "/datasets", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "large"}])
def test_a_body_beyond_the_limit_is_refused_and_says_where_files_go(stage: Stage, headers: dict[str, str]) -> None:
    with rolled_back():
        for client in (stage.clients["creator"], stage.token(stage.cast["creator"], "train")):
            answer = sent(client, "/datasets", json.dumps({"name": "x", "more": "x" * 3_000_000}), **headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("alias", ["", "x", "%00", "0" * 32, "0" * 31 + "g", "9" * 400, "..%2f..%2f", "‮" * 32])
@pytest.mark.parametrize("operation", [name for name, (_, path) in operations().items() if "{" in path])
def test_an_id_that_is_none_is_not_found(stage: Stage, operation: str, alias: str) -> None:
    method, path = operations()[operation]
    prefix = stage.path(operation).removeprefix(path.partition("{")[0])[:4]
    with rolled_back():
        here = path.partition("{")[0] + prefix + alias + path.partition("}")[2]
        body = {"data": stage.body(operation), "format": "json"} if method in ("POST", "PATCH") else {}
        assert getattr(rightful(stage, operation), method.lower())(here, **body).status_code == 404


def test_an_id_has_one_spelling(stage: Stage) -> None:
    """UUID() would also read these; logs and limits that go by the text would then count one row as several."""
    studio = stage.ids["studio"]
    digits = studio.removeprefix("std_")
    for text in (
        f" {digits[1:]}",
        f"+{digits[1:]}",
        digits.upper(),
        digits.replace("0", "٠"),
        f"{digits[1:3]}_{digits[3:]}",
        f"{{{digits[1:31]}}}",
    ):
        answer = stage.clients["owner"].get(f"{V1}/studios/std_{text}/usage")
        assert text == digits or answer.status_code == 404, text


def cursor(text: str) -> str:
    return "cursor=" + base64.b64encode(text.encode()).decode()


ODD_QUERIES = ["page=1" + "0" * 20, "limit=1" + "0" * 20, "limit=-1", "limit=%00", "cursor=%00", "language=%00", "action=%00", "title=%00"]
ODD_QUERIES += [cursor(text) for text in ("p=x", "p=", "p=%00", "p=1" + "0" * 30, "o=1" + "0" * 20, "o=-1", "r=x", "p=2026-01-01", "p=%ff")]
LISTS = [name for name, line in TABLE.items() if "sees" in line.expected.values()]


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_an_odd_query_is_answered_or_refused_in_every_list(stage: Stage, query: str) -> None:
    for operation in LISTS:
        with rolled_back():
            answer = rightful(stage, operation).get(f"{stage.path(operation)}?{query}")
            assert answer.status_code in (200, 400, 404), operation
            b"".join(answer)


@pytest.mark.parametrize("name", [ARABIC[:200], ARABIC[:197] + "🎬é!", "𠜎" * 200, "ﷺ" * 200], ids=["Arabic", "mixed", "Han", "ligatures"])
def test_names_of_two_hundred_characters_in_any_script_work_everywhere(stage: Stage, name: str) -> None:
    assert len(name) == 200
    for operation in (
        "studios_open",
        "titles_add",
        "offerings_open",
        "datasets_open",
        "projects_declare",
        "quotes_ask",
        "bases_open",
        "assets_add",
    ):
        with rolled_back():
            answer = stage.ask(rightful(stage, operation), operation, stage.body(operation) | {"name": name})
            assert answer.status_code == 201, (operation, answer.content)
            assert answer.json()["name"]


def test_a_licence_of_long_arabic_names_can_be_read_and_bought(stage: Stage) -> None:
    """Studio, offering and tier as long as they may be, in the licence's text and on the payment page."""
    with rolled_back():
        owner, body = stage.cast["owner"], stage.body("tiers_open")
        offering = stage.world.offering
        offering.name = offering.studio.name = ARABIC[:200].strip()
        offering.studio.save()
        offering.save()
        tier = open_tier(offering=offering, by=owner, name=ARABIC[:100].strip(), terms=body["terms"], price=Money(4900, "EUR"))
        shown = APIClient().get(f"{V1}/tiers/{tier.public_id}?language=fr").json()
        assert offering.name in shown["text"]
        wish = {"revision": shown["revision"], "accepted_text": shown["text_hash"], "language": "fr"}
        assert stage.clients["creator"].post(f"{V1}/orders", wish, format="json").status_code == 201


def test_a_studio_cannot_give_a_payments_reason(stage: Stage) -> None:
    """Those reasons decide who may restore a licence."""
    for reason in ("payment disputed", "refund asked"):
        with rolled_back():
            answer = stage.ask(stage.clients["owner"], "licences_suspend", {"reason": reason})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None, categories=None), max_size=30)
    | st.sampled_from(
        ["\0", "\ud800", "é" * 300, "=1+1", "../../x", "sha256:" + "0" * 64, "lic_" + "0" * 32, 2**31, 2**63, -1, 0, 1e308, "WORLD"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def replaced(body: Any, path: list[Any], junk: Any) -> Any:
    """The body with junk at this place."""
    if not path:
        return junk
    copy = body.copy()
    copy[path[0]] = replaced(copy[path[0]], path[1:], junk) if path[1:] else junk
    return copy


def places(body: Any, here: tuple[Any, ...] = ()) -> list[list[Any]]:
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [list(here), *(place for key, value in items for place in places(value, (*here, key)))]


@pytest.mark.parametrize("operation", list(bodies()))
def test_no_body_makes_it_fail(stage: Stage, operation: str) -> None:
    """About three hundred bodies in all: a right one with junk in one or two places, also in fields that it leaves out."""
    right, client = stage.body(operation), rightful(stage, operation)
    where = [*places(right), *([name] for name in sorted(reads(operation) - right.keys()))]

    @settings(max_examples=9, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(where), JUNK), min_size=1, max_size=2))
    def fuzz(changes: list[tuple[list[Any], Any]]) -> None:
        body: Any = right
        for place, junk in changes:
            try:
                body = replaced(body, place, junk)
            except (KeyError, TypeError, IndexError, AttributeError):  # the first change took that place away
                continue
        with rolled_back():
            answer = client.generic(operations()[operation][0], stage.path(operation), json.dumps(body), content_type="application/json")
        assert answer.status_code < 500, (body, answer.content)
        answer.content.decode()

    fuzz()
