"""Terms that grant plenty, terms that grant nothing, facts that everything allows, and strategies for all of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from licensing.judge import Context, Use
from licensing.money import CURRENCIES, Money
from licensing.terms import LIKENESS, MEDIA, STAGES, Terms
from licensing.territories import TERRITORIES, WORLD

BASE = "sha256:" + "ab" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNTRIES = sorted(TERRITORIES - {WORLD})

GENEROUS = Terms(
    grantor="Studio Lumière",
    offering="Nocturne 1.0",
    base_digest=BASE,
    stages=STAGES,
    commercial=True,
    media=MEDIA,
    territories=(WORLD,),
    period_days=365,
    seats=5,
    may_train=True,
    training_seconds=9_015,
    max_rank=64,
    max_steps=4_000,
    max_resolution=1_280,
    max_clips=200,
    may_download=True,
    may_download_base=True,
    may_sublicense=True,
    may_merge=True,
    may_sell_outputs=True,
    revenue_cap=None,
    likeness="consented",
    credit_line=None,
    titles_excluded=(),
    royalty_bps=0,
    version=1,
)
MIDDLING = replace(
    GENEROUS,
    stages=("production", "pre_production"),
    media=("festival", "web"),
    territories=("FR", "AE", "US"),
    seats=2,
    training_seconds=0,
    may_download_base=False,
    may_sublicense=False,
    revenue_cap=Money(1_234_567_05, "EUR"),
    credit_line="Made with Nocturne, by Studio Lumière",
    titles_excluded=("Les Nuits d’août", "Dawn"),
    royalty_bps=1_250,
)
STERN = replace(
    GENEROUS,
    stages=(),
    commercial=False,
    media=(),
    territories=(),
    period_days=None,
    seats=1,
    may_train=False,
    may_download=False,
    may_download_base=False,
    may_sublicense=False,
    may_merge=False,
    may_sell_outputs=False,
    likeness="none",
)
# The same in the version of today.
SWIFT = replace(GENEROUS, version=2, priority=True, concurrent_trainings=3)
PATIENT = replace(MIDDLING, version=2, priority=False, concurrent_trainings=1)
IDLE = replace(STERN, version=2, priority=False, concurrent_trainings=1)

ALLOWED = Context(
    licence_state="active",
    granted_at=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(days=1),
    licensee="holder",
    actor="colleague",
    seated=True,
    seats_taken=1,
    allowance_left=600,
    seconds_needed=600,
    use=Use("production", ("web",), ("FR",), True),
    rank=16,
    steps=1_000,
    resolution=832,
    clips=20,
    titles=("A First Film",),
    base_digest=BASE,
    consent="given",
    lineage_withdrawn=False,
    uncleared=(),
)


def subsets(values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(list(values)), unique=True).map(tuple)


names = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=40)
territories = st.one_of(st.just((WORLD,)), subsets(COUNTRIES[:6]))
small = st.integers(0, 4)

fields = st.builds(
    dict,
    grantor=names,
    offering=names,
    base_digest=st.sampled_from([BASE, "sha256:" + "0" * 64]),
    stages=subsets(STAGES),
    commercial=st.booleans(),
    media=subsets(MEDIA),
    territories=territories,
    period_days=st.none() | st.integers(1, 3),
    seats=st.integers(1, 4),
    may_train=st.booleans(),
    training_seconds=small,
    max_rank=small,
    max_steps=small,
    max_resolution=small,
    max_clips=small,
    may_download=st.booleans(),
    may_download_base=st.booleans(),
    may_sublicense=st.booleans(),
    may_merge=st.booleans(),
    may_sell_outputs=st.booleans(),
    revenue_cap=st.none() | st.builds(Money, st.integers(1, 10**12), st.sampled_from(CURRENCIES)),
    likeness=st.sampled_from(LIKENESS),
    credit_line=st.none() | names,
    titles_excluded=subsets(["Dawn", "Été", "Noir"]),
    royalty_bps=st.integers(0, 10_000),
)
# Of today's version or of the first, which says nothing of the line.
line = st.fixed_dictionaries({"version": st.just(2), "priority": st.booleans(), "concurrent_trainings": st.integers(1, 4)})
terms = st.builds(
    lambda fields, of_the_line: Terms(**fields, **of_the_line),
    fields.map(lambda fields: fields | {"may_sell_outputs": fields["may_sell_outputs"] and fields["commercial"]}),
    st.just({"version": 1}) | line,
)

uses = st.builds(
    Use, st.sampled_from([*STAGES, "wedding"]), subsets([*MEDIA, "print"]), subsets([*COUNTRIES[:6], WORLD, "XX"]), st.booleans()
)
moments = st.integers(-4, 4).map(lambda days: NOW + timedelta(days=days))

contexts = st.builds(
    Context,
    licence_state=st.sampled_from(["active", "active", "suspended", "revoked"]),
    granted_at=st.none() | moments,
    expires_at=st.none() | moments,
    licensee=st.just("holder") | st.none(),
    actor=st.sampled_from(["colleague", "holder"]),
    seated=st.none() | st.booleans(),
    seats_taken=st.none() | small,
    allowance_left=st.none() | small,
    seconds_needed=st.none() | small,
    use=st.none() | uses,
    rank=st.none() | small,
    steps=st.none() | small,
    resolution=st.none() | small,
    clips=st.none() | small,
    titles=st.none() | subsets(["DAWN", "E\u0301te\u0301", "A First Film"]),
    base_digest=st.none() | st.just(BASE),
    consent=st.none() | st.sampled_from(["not_needed", "missing", "given", "withdrawn"]),
    lineage_withdrawn=st.none() | st.booleans(),
    uncleared=st.none() | st.just(()) | st.just(("“Dawn” (a.mp4)",)),
)


def nearly(allowed: Any, others: st.SearchStrategy[Any], fields: list[str]) -> st.SearchStrategy[Any]:
    """`allowed` with a few of its fields taken from `others`: random values alone would nearly always be refused at the first rule."""
    chosen = st.lists(st.sampled_from(fields), max_size=3, unique=True)
    return st.builds(lambda other, names: replace(allowed, **{name: getattr(other, name) for name in names}), others, chosen)
