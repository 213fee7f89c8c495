"""Who may do what, operation by operation (tenancy/table.py): no request changes or shows what is somebody else's."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.translation import override

from atelier.accounts.models import User
from atelier.audit.models import Entry

from .tenancy.described import bodies, operations, reads, routes
from .tenancy.stage import Stage, rolled_back
from .tenancy.table import REFUSALS, Line, lines, worked

TABLE = lines()


def test_every_operation_has_its_line_and_every_line_its_operation() -> None:
    assert set(TABLE) == set(operations())


def test_everything_the_site_answers_is_an_operation_or_has_a_line_of_its_own() -> None:
    known = set(operations().values())
    paths = {path for _, path in known}
    with override(settings.LANGUAGE_CODE):
        reached = list(routes())
    for path, methods in reached:
        assert path in paths, f"{path} is not in the table"
        assert {(method, path) for method in methods if method != "OPTIONS"} <= known, path


def cell(stage: Stage, line: Line, response: Any) -> str:
    """The answer in the table's words."""
    if response.status_code == 302 and "/accounts/login/" in response["Location"]:
        return "door"
    if response.status_code >= 400:
        code = code_of(response)
        return REFUSALS.get((response.status_code, code), f"{response.status_code} {code}")
    if "sees" in line.expected.values():
        return "sees" if stage.shown_in(line.operation).encode() in b"".join(response) else "none"
    return str(response.status_code)


def code_of(response: Any) -> str:
    """Of a problem document, or of the page that shows it."""
    if response["Content-Type"].startswith("text/html"):
        found = re.search(r"<code>(\w+)</code></p>", response.content.decode())
        return found.group(1) if found else ""
    code: str = response.json()["code"]
    return code


def tried(stage: Stage, line: Line, client: Any, body: Any = None) -> str:
    """The cell, after making sure that a refusal shows nothing and left nothing behind."""
    before = Entry.objects.count()
    response = stage.ask(client, line.operation, body)
    found = cell(stage, line, response)
    if not worked(found):
        assert Entry.objects.count() == before, f"refused, but the log has an entry ({line.operation})"
    if found == "404" and not response["Content-Type"].startswith("text/html"):
        unknown = stage.clients["creator"].get("/api/v1/trainings/trn_" + "0" * 32)
        assert response.content == unknown.content
    return found


def found_for(stage: Stage, line: Line, actor: str) -> str:
    right = stage.cast[line.rightful]
    with rolled_back():
        if actor == "suspended":
            User.objects.filter(pk=right.pk).update(is_active=False)
        if actor == "unscoped":
            return tried(stage, line, stage.unscoped(right, line.needs))
        return tried(stage, line, stage.clients[line.rightful if actor == "suspended" else actor])


@pytest.mark.parametrize("line", TABLE.values(), ids=list(TABLE))
def test_everybody_gets_what_the_table_says(stage: Stage, line: Line) -> None:
    assert {actor: found_for(stage, line, actor) for actor in line.expected} == line.expected


@pytest.mark.parametrize("line", [line for line in TABLE.values() if line.needs not in ("-", "session")], ids=lambda line: line.operation)
def test_a_token_with_just_the_scope_may_what_its_owner_may_until_she_is_suspended(stage: Stage, line: Line) -> None:
    right = stage.cast[line.rightful]
    with rolled_back():
        client = stage.token(right, line.needs)
        with rolled_back():
            assert tried(stage, line, client) == line.expected[line.rightful]
        User.objects.filter(pk=right.pk).update(is_active=False)
        assert stage.ask(client, line.operation).status_code == 401


@pytest.fixture(scope="module")
def foreign(stage: Stage) -> dict[str, str]:
    """Public ids of another studio's and another creator's rows, and of two that are the owner's but not for this use."""
    return stage.others()


NESTED = [
    # operation, who asks, what she names in the body, the answer
    ("quotes_ask", "creator", {"licence": "foreign licence"}, "404"),
    ("quotes_ask", "creator", {"dataset": "foreign dataset"}, "404"),
    ("quotes_ask", "creator", {"project": "foreign project"}, "404"),
    ("quotes_ask", "owner", {"dataset": "owner's dataset", "project": "owner's project"}, "holder"),
    ("trainings_start", "creator", {"quote": "foreign quote"}, "404"),
    ("orders_open", "creator", {"revision": "unpublished revision"}, "404"),
    ("titles_add", "owner", {"studio": "foreign studio"}, "404"),
    ("bases_open", "owner", {"studio": "foreign studio"}, "404"),
    ("bases_open", "owner", {"titles": ["foreign title"]}, "404"),
    ("bases_open", "owner", {"titles": ["owner's other title"]}, "422 foreign_title"),
    ("offerings_open", "owner", {"version": "foreign version"}, "404"),
    ("titles_cast", "owner", {"performer": "foreign performer"}, "404"),
    ("performers_add", "owner", {"studio": "foreign studio"}, "404"),
    ("adapters_open", "owner", {"version": "foreign version"}, "404"),
    ("adapters_open", "owner", {"titles": ["foreign title"]}, "404"),
    ("adapters_open", "owner", {"titles": ["owner's other title"]}, "422 foreign_title"),
    ("datasets_open", "owner", {"studio": "foreign studio"}, "404"),
    ("datasets_titles", "owner", {"title": "foreign title"}, "404"),
    ("datasets_titles", "owner", {"title": "owner's other title"}, "422 foreign_title"),
    ("questions_answer", "creator", {"consents": ["foreign consent"]}, "404"),
    ("tiers_open", "owner", {"offering": "foreign offering"}, "404"),
]


@pytest.mark.parametrize(("operation", "actor", "named", "expected"), NESTED)
def test_an_id_in_the_body_opens_nothing_that_is_somebody_elses(
    stage: Stage, foreign: dict[str, str], operation: str, actor: str, named: dict[str, Any], expected: str
) -> None:
    ids = {field: [foreign[v] for v in value] if isinstance(value, list) else foreign[value] for field, value in named.items()}
    with rolled_back():
        assert tried(stage, TABLE[operation], stage.clients[actor], stage.body(operation) | ids) == expected


def test_a_file_of_somebody_elses_model_is_not_handed_over_with_ones_own(stage: Stage, foreign: dict[str, str]) -> None:
    answer = stage.ask(stage.clients["creator"], "models_hand_over", {"file": foreign["foreign file"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_token_may_end_itself_and_no_other(stage: Stage) -> None:
    with rolled_back():
        client = stage.token(stage.cast["creator"], "read")
        mine = client.get("/api/v1/tokens").json()["results"][0]["id"]
        assert stage.ask(client, "tokens_revoke").status_code == 403
        assert client.delete(f"/api/v1/tokens/{mine}").status_code == 204
        assert client.get("/api/v1/me").status_code == 401


def test_a_caption_reaches_no_file_of_another_dataset(stage: Stage) -> None:
    with rolled_back():
        answer = stage.ask(stage.clients["creator"], "captions_apply", {"captions": {"one.mp4": "mine"}})
        assert answer.json() == {"applied": [], "unknown": ["one.mp4"]}


@pytest.mark.parametrize("asked", ["licence={foreign licence}", "title={foreign title}", "actor={foreign person}"])
def test_a_filter_of_the_log_reaches_no_other_studios_entries(stage: Stage, foreign: dict[str, str], asked: str) -> None:
    query = asked.format(**foreign)
    assert stage.clients["owner"].get(f"{stage.path('studios_audit')}?{query}").json()["results"] == []
    assert stage.clients["foreign"].get(f"/api/v1/studios/{foreign['foreign studio']}/audit?{query}").json()["results"] != []


@pytest.mark.parametrize("operation", [name for name, (_, path) in bodies().items() if "{" in path])
def test_what_is_wrong_with_a_body_is_told_to_nobody_who_may_not_see_the_row(stage: Stage, operation: str) -> None:
    with rolled_back():
        assert tried(stage, TABLE[operation], stage.clients["stranger"], {}) == "404"


FORGED = {
    **dict.fromkeys(("owner", "holder", "buyer", "user", "by", "actor", "asked_by", "person"), "stranger"),
    **dict.fromkeys(("studio", "grantor", "tenant"), "foreign studio"),
    **dict.fromkeys(("id", "pk", "public_id", "licence", "training", "model", "dataset", "order"), "foreign licence"),
    **dict.fromkeys(("is_staff", "is_superuser", "is_active", "complete", "attested", "cancel_requested"), True),
    **dict.fromkeys(("amount", "price_amount", "seconds", "refunded", "captured", "fee", "attempts", "fence", "number"), 31337),
    **dict.fromkeys(("state", "role", "digest", "key", "clean_key", "checkout_url", "session", "source", "code", "problem"), "forged"),
    **dict.fromkeys(
        ("expires_at", "created_at", "paid_at", "granted_at", "sealed_at", "lease_until", "last_used_at"), "2099-01-01T00:00:00Z"
    ),
    "price": {"amount": 31337, "currency": "USD"},
    "scopes": ["studio"],
}
TRACES = ("31337", "forged", "2099-01-01")
# What differs between two answers to the same request: ids, times, links, secrets.
VARYING = re.compile(r'[a-z]{3}_[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z|https?://[^"]+|atl_\w+|whsec_[^"]+|"signature":"[^"]*"')


def belongings(stage: Stage, *owners: Any) -> list[Any]:
    """How many rows of each table belong to these people and studios, and what the people themselves are."""
    kinds = {type(owner): [o for o in owners if type(o) is type(owner)] for owner in owners}
    links = [(model, field) for model in apps.get_models() for field in model._meta.fields if field.related_model in kinds]
    counts = [(field, model._default_manager.filter(**{f"{field.name}__in": kinds[field.related_model]}).count()) for model, field in links]
    people = User.objects.filter(pk__in=[person.pk for person in stage.cast.values()]).order_by("pk")
    return [*counts, *people.values_list("pk", "is_staff", "is_superuser", "is_active", "email")]


@pytest.mark.parametrize("operation", list(bodies()))
def test_what_only_we_decide_cannot_be_sent_along(stage: Stage, foreign: dict[str, str], operation: str) -> None:
    """Owner, role, studio, price, state … beside what the operation reads count for nothing, in its answer and in what it writes."""
    client, right = stage.clients[TABLE[operation].rightful], stage.body(operation)
    more = {name: foreign.get(str(value), value) for name, value in FORGED.items() if name not in reads(operation)}
    others = (stage.cast["stranger"], stage.other.studio, stage.other.bob)
    before = belongings(stage, *others)
    with rolled_back():
        plain = VARYING.sub("", stage.ask(client, operation).content.decode())
    with rolled_back():
        answer = stage.ask(client, operation, right | more)
        text = answer.content.decode()
        assert answer.status_code < 300, text
        assert belongings(stage, *others) == before
    assert VARYING.sub("", text) == plain
    assert not [trace for trace in (*TRACES, foreign["stranger"], foreign["foreign licence"]) if trace in text]
