"""The browser's verifier beside Python's: the same word for the same bytes, whatever they are."""

import io
import json
import random
import subprocess
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from atelier.devstack.browser import NODE, PACKAGES
from atelier.licences.checking import KNOWN, OF_AUDIT_LOGS
from licensing import certificate, dsse, tensors
from licensing.canonical import canonical, digest
from licensing.context import Use
from licensing.findings import Finding
from licensing.money import Money
from licensing.stamp import KEY
from licensing.trust import KeyList, Role, Sealed, TrustRoot
from licensing.verify import Question
from tests.licensing.cases import GENEROUS, MIDDLING, NOW, PATIENT, STERN, SWIFT
from tests.licensing.proofs import (
    CERTIFICATE,
    DAY,
    KEY_LIST,
    KEYS,
    MODEL,
    QUESTION,
    RETIRED,
    ROOT,
    SEALED,
    STAMPED,
    STRANGER,
    WORKING,
    certified,
    listed,
    model,
    packed,
    revoked,
    stamped,
    verified,
)

ISLANDS = PACKAGES.parent / "islands"
HERE = Path(__file__).parent


class Ask(Protocol):
    def __call__(self, asked: Iterable["Asked"], *how: str) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Asked:
    model: bytes = STAMPED
    beside: bytes | None = None
    question: Question = QUESTION

    @property
    def line(self) -> str:
        asked = self.question
        return json.dumps(
            {
                "model": b64encode(self.model).decode(),
                "beside": self.beside and b64encode(self.beside).decode(),
                "root": b64encode(asked.root.to_pem().encode()).decode(),
                "revocations": None if asked.revocations is None else b64encode(asked.revocations).decode(),
                "licensee": asked.licensee,
                "now": asked.at.timestamp() * 1000,
                "words": KNOWN,
            }
        )


def about(data: bytes = STAMPED, beside: bytes | None = None, **question: Any) -> Asked:
    return Asked(data, beside, replace(QUESTION, **question))


def header(text: str, data: bytes = b"") -> Asked:
    return about(packed(text.encode("utf-8", "surrogatepass"), data))


def tensor(dtype: str = '"U8"', shape: str = "[2]", offsets: str = "[0,2]", data: bytes = b"ab", name: str = "a") -> Asked:
    return header(f'{{"{name}":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}}}}}', data)


def statement(**changes: Any) -> Asked:
    """A certificate whose statement says something else, and is rightly signed."""
    said = CERTIFICATE.statement(WORKING.public.id)
    said["predicate"] |= changes
    return payload(canonical(said))


def payload(written: bytes, kind: str = certificate.STATEMENT_TYPE) -> Asked:
    return about(stamped(Sealed(dsse.seal(kind, written, WORKING), KEYS)))


def terms(**changes: Any) -> Asked:
    said = MIDDLING.to_dict() | changes
    return statement(terms=said, base=said["base_digest"], terms_id=digest(canonical(said)))


def newer(**changes: Any) -> Asked:
    """The same of terms of version 2. None: without this field."""
    said = {name: value for name, value in (PATIENT.to_dict() | changes).items() if value is not None or name not in changes}
    return statement(terms=said, base=said["base_digest"], terms_id=digest(canonical(said)))


def sealed(text: bytes) -> Asked:
    return about(model({KEY: text.decode()}))


def keyed(*keys: Any, serial: int = 1) -> Asked:
    return about(stamped(certificate.issue(CERTIFICATE, WORKING, KeyList(serial, keys).sign(ROOT))))


OUTER = json.loads(SEALED.to_bytes())
LATER = KeyList(2, KEY_LIST.keys[:1]).sign(ROOT)  # without the key that signed
HOUSE = replace(CERTIFICATE, terms=GENEROUS, use=Use("post", ("web", "festival"), ("FR", "US"), True), ends_at=None)

CASES: dict[str, Asked] = {
    "good": about(revocations=revoked(), licensee=4711),
    "good without a list": about(),
    "good with everything": about(stamped(certificate.issue(HOUSE, WORKING, KEYS)), revocations=revoked()),
    "good and stern": about(certified(terms=STERN, consents="sha256:" + "ab" * 32)),
    "good with money": about(certified(terms=replace(STERN, revenue_cap=Money(1, "USD"), titles_excluded=("ﬀ", "𝔸", "a")))),
    "good of version 2": about(certified(terms=SWIFT)),
    "good of version 2, with little": about(certified(terms=PATIENT)),
    "good with other notes": about(model({KEY: SEALED.to_bytes().decode(), "thumbnail": "x" * 9_000})),
    "beside": about(MODEL, SEALED.to_bytes()),
    "inside before beside": about(STAMPED, b"nonsense"),
    "nonsense inside": about(model({KEY: "nonsense"}), SEALED.to_bytes()),
    "none": about(MODEL),
    "beside too long": about(MODEL, b" " * (certificate.LIMIT + 1)),
    "moved": about(model({KEY: SEALED.to_bytes().decode()}, shift=1)),
    "one bit": about(STAMPED[:-1] + bytes([STAMPED[-1] ^ 1])),
    "licensee": about(licensee=4712),
    "expired": about(at=NOW + 31 * DAY),
    "early": about(at=NOW - DAY / 24),
    "revoked licence": about(revocations=revoked(licences=("lic_1",))),
    "revoked certificate": about(revocations=revoked(certificates=("crt_1",))),
    "revoked model": about(revocations=revoked(models=(CERTIFICATE.tensors,))),
    "revoked and expired": about(at=NOW + 31 * DAY, revocations=revoked(licences=("lic_1",))),
    "stale": about(at=NOW + 2 * DAY, revocations=revoked()),
    "list to come": about(revocations=revoked(issued_at=NOW + DAY)),
    "list out of its key's time": about(revocations=revoked(issued_at=NOW - 11 * DAY)),
    "nonsense for a list": about(revocations=b"[]"),
    "list by a stranger": about(revocations=Sealed(dsse.seal("x", b"{}", STRANGER), KEYS).to_bytes()),
    "list by a key of certificates": about(
        revocations=Sealed(SEALED.envelope, KeyList(3, (listed(WORKING, Role.CERTIFICATES),)).sign(ROOT)).to_bytes()
    ),
    "list with newer keys": about(revocations=json.dumps({**OUTER, "keys": LATER.to_dict()}).encode()),
    "stranger": about(stamped(certificate.issue(CERTIFICATE, STRANGER, KEYS))),
    "stranger's root": about(stamped(certificate.issue(CERTIFICATE, WORKING, KEY_LIST.sign(STRANGER)))),
    "other root": about(root=TrustRoot((STRANGER.public,))),
    "two roots": about(root=TrustRoot((STRANGER.public, ROOT.public))),
    "retired": about(stamped(certificate.issue(CERTIFICATE, RETIRED, KEYS))),
    "no keys": keyed(),
    "a key twice": keyed(listed(WORKING), listed(WORKING)),
    "a key that ends before it begins": keyed(replace(listed(WORKING), ends_at=NOW - 20 * DAY)),
    "a key without roles": keyed(replace(listed(WORKING), roles=frozenset())),
    "serial of nought": keyed(listed(WORKING), serial=0),
    "keys changed": about(stamped(Sealed(SEALED.envelope, replace(KEYS, payload=LATER.payload)))),
    "two signatures": sealed(json.dumps({**OUTER, "envelope": {**OUTER["envelope"], "signatures": [{}, {}]}}).encode()),
    "a name too many": sealed(json.dumps({**OUTER, "more": 1}).encode()),
    "version 2": sealed(json.dumps({**OUTER, "version": 2}).encode()),
    "version true": sealed(json.dumps({**OUTER, "version": True}).encode()),
    "spaces are harmless": sealed(json.dumps(OUTER, indent=3).encode()),
    "a name twice": sealed(SEALED.to_bytes().replace(b'"version":1', b'"version":1,"version":1')),
    "other type": payload(canonical(CERTIFICATE.statement(WORKING.public.id)), "application/json"),
    "not canonical": payload(json.dumps(CERTIFICATE.statement(WORKING.public.id)).encode()),
    "a payload that is none": payload(b""),
    "nested deeply": payload(b"[" * 5_000 + b"]" * 5_000),
    "a statement of another kind": payload(canonical(CERTIFICATE.statement(WORKING.public.id) | {"_type": "x"})),
    "two subjects": payload(canonical(CERTIFICATE.statement(WORKING.public.id) | {"subject": [{}, {}]})),
    "another key named": statement(key=RETIRED.public.id),
    "another base named": statement(base="sha256:" + "00" * 32),
    "another id of terms": statement(terms_id="sha256:" + "00" * 32),
    "issued before it begins": statement(issued_at="2026-02-01T00:00:00Z"),
    "a day that never was": statement(begins_at="2026-02-30T00:00:00Z"),
    "an hour that never was": statement(begins_at="2026-02-20T24:00:00Z"),
    "year nought": statement(begins_at="0000-02-20T20:00:00Z"),
    "no begin": statement(begins_at=None),
    "an id with a space": statement(id="crt 1"),
    "an id with a line": statement(id="crt_1\n"),
    "licensee of nought": statement(licensee=0),
    "use with a line": statement(use={"stage": "post\n", "media": [], "territories": [], "commercial": True}),
    "use unsorted": statement(use={"stage": "post", "media": ["web", "games"], "territories": [], "commercial": True}),
    "use without words": statement(use={"stage": "", "media": [], "territories": [], "commercial": True}),
    "terms with a name too many": terms(more=1),
    "terms of version 2 without its fields": terms(version=2),
    "terms of version 1 with a field of the next": terms(priority=False),
    "terms of version 1 with the fields of the next": newer(version=1),
    "terms of version 3": newer(version=3),
    "terms of no version": newer(version=None),
    "terms of version true": newer(version=True),
    "terms of version 2, whole": newer(concurrent_trainings=2**53 - 1),
    "terms with none at once": newer(concurrent_trainings=0),
    "terms without a lane": newer(priority=None),
    "terms with a number for a lane": newer(priority=1),
    "terms unsorted": terms(stages=["production", "pre_production"]),
    "terms of no country": terms(territories=["XX"]),
    "terms of the world and more": terms(territories=["FR", "WORLD"]),
    "terms with true for a number": terms(seats=True),
    "terms beyond all numbers": terms(period_days=36_526),
    "terms not in NFC": terms(grantor="e\u0301"),
    "terms with a mark": terms(grantor="a\u202eb"),
    "terms with spaces around": terms(grantor=" a"),
    "terms with a space of another kind": terms(credit_line="a\u00a0b"),
    "terms too long": terms(grantor="𝔸" * 301),
    "terms as long as may be": terms(grantor="𝔸" * 300),
    "terms sold without commerce": terms(commercial=False),
    "terms with a cap of nought": terms(revenue_cap={"amount": 0, "currency": "EUR"}),
    "terms in another currency": terms(revenue_cap={"amount": 1, "currency": "CHF"}),
    "empty file": about(b""),
    "half a length": about(b"\x10\0\0"),
    "a header of 64 MB": about((64 << 20).to_bytes(8, "little") + b"{" + b" " * 100),
    "a header of 2^63": about(b"\xff" * 8 + b"{"),
    "a header of one byte": about(packed(b"{", b"")),
    "a header cut off": about((100).to_bytes(8, "little") + b"{}"),
    "an empty header": header("{}"),
    "a header with space before": header(" {}"),
    "a header with space behind": header('{"__metadata__":{}}   \t\r\n'),
    "a header with a byte order mark": header("\ufeff{}"),
    "a header that is no UTF-8": about(packed(b'{"\xff":1}', b"")),
    "a header with half a character": header('{"__metadata__":{"a":"\\ud800"}}'),
    "a header with a pair": header('{"__metadata__":{"a":"\\ud83d\\ude00"}}'),
    "a header with half a name": header('{"__metadata__":{"\\udfff":""}}'),
    "a header with a control": header('{"__metadata__":{"a":"\n"}}'),
    "a header with DEL": header('{"__metadata__":{"a":"\x7f"}}'),
    "a header with an odd escape": header('{"__metadata__":{"a":"\\x41"}}'),
    "a header with half an escape": header('{"__metadata__":{"a":"\\u00"}}'),
    "notes twice": header('{"__metadata__":{},"__metadata__":{}}'),
    "notes with a number": header('{"__metadata__":{"a":1}}'),
    "notes that are a list": header('{"__metadata__":[]}'),
    "notes of __proto__": header('{"__metadata__":{"__proto__":"x"}}'),
    "a tensor of __proto__": tensor(name="__proto__"),
    "a tensor": tensor(),
    "a tensor twice": header('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    "a comma too many": header('{"__metadata__":{},}'),
    "something behind": header("{}{}"),
    "NaN": tensor(shape="[NaN]"),
    "a fraction": tensor(shape="[2.0]"),
    "an exponent": tensor(shape="[2e0]"),
    "a leading nought": tensor(shape="[02]"),
    "minus nought": tensor(shape="[2]", offsets="[-0,2]"),
    "minus": tensor(shape="[-2]"),
    "true": tensor(shape="[2,true]"),
    "a number too large": tensor(shape="[9007199254740992]"),
    "a number of many digits": tensor(shape="[" + "9" * 400 + "]"),
    "a product too large": tensor(shape="[9007199254740991,9007199254740991,2]"),
    "a product of nought": tensor(shape="[9007199254740991,9007199254740991,0]", offsets="[0,0]", data=b""),
    "seventeen sides": tensor(shape="[" + ",".join(["1"] * 17) + "]", offsets="[0,1]", data=b"a"),
    "three offsets": tensor(offsets="[0,2,2]"),
    "offsets reversed": tensor(offsets="[2,0]"),
    "no format": tensor(dtype='"F4"'),
    "a format of another kind": tensor(dtype="8"),
    "toString for a format": tensor(dtype='"toString"'),
    "two dots": tensor(name="a..b"),
    "a name with a line": tensor(name="a\\n"),
    "a name of 301": tensor(name="a" * 301),
    "no name": tensor(name=""),
    "a gap": tensor(offsets="[1,3]", data=b"abc"),
    "cut short": tensor(data=b"a"),
    "too long": tensor(data=b"abc"),
    "a name too many in a tensor": header('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}'),
    "a tensor that is none": header('{"a":[]}'),
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    bundle = tmp_path_factory.mktemp("verifier") / "verify.mjs"
    entry = ISLANDS / "lib" / "licensing" / "verify.ts"
    esbuild = [NODE, PACKAGES / "esbuild" / "bin" / "esbuild", "--bundle", "--format=esm", "--log-level=warning"]
    subprocess.run([*esbuild, entry, f"--outfile={bundle}"], check=True)

    def answers(asked: Iterable[Asked], *how: str) -> list[dict[str, Any]]:
        lines = "\n".join(each.line for each in asked)
        done = subprocess.run([NODE, HERE / "verifier.mjs", bundle, *how], input=lines, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return answers


def test_they_find_the_same_in_every_case(ask: Ask) -> None:
    found = dict(zip(CASES, ask(CASES.values()), strict=True))
    expected = {name: said(asked) for name, asked in CASES.items()}
    assert {name: (each["code"], each["licence"]) for name, each in found.items()} == expected
    assert {code for code, _ in expected.values()} == {str(finding) for finding in Finding} - OF_AUDIT_LOGS


def test_they_find_the_same_in_whatever_a_file_becomes(ask: Ask) -> None:
    """Bits turned, bytes taken out, doubled and exchanged, by a seed, anywhere in the file or its list."""
    chance = random.Random(20_261_122)
    changed = [about(damaged(STAMPED, chance), revocations=revoked()) for _ in range(600)]
    changed += [about(revocations=damaged(revoked(licences=("lic_0",)), chance)) for _ in range(200)]
    assert [(each["code"], each["licence"]) for each in ask(changed)] == [said(each) for each in changed]


@pytest.mark.parametrize("how", [(), ("slices",)], ids=["buffers", "slices"])
def test_they_find_the_same_in_files_of_many_pieces(ask: Ask, how: tuple[str, ...]) -> None:
    data = random.Random(7).randbytes((5 << 19) + 3)  # two pieces and a half
    weights = packed(f'{{"a":{{"dtype":"U8","shape":[{len(data)}],"data_offsets":[0,{len(data)}]}}}}'.encode(), data)
    sealed = certificate.issue(replace(CERTIFICATE, tensors=tensors.digest(io.BytesIO(weights))), WORKING, KEYS)
    whole = stamped(sealed, weights)
    asked = [about(whole), about(whole[:-1] + bytes([whole[-1] ^ 1])), about(whole[:-1])]
    assert [each["code"] for each in ask(asked, *how)] == [said(each)[0] for each in asked] == ["OK", "TAMPERED", "MALFORMED"]


def said(asked: Asked) -> tuple[str, str | None]:
    question = asked.question
    result = verified(asked.model, asked.beside, **vars(question))
    return str(result.finding), result.certificate and result.certificate.licence


def damaged(data: bytes, chance: random.Random) -> bytes:
    at, kept = chance.randrange(len(data)), bytearray(data)
    match chance.randrange(4):
        case 0:
            kept[at] ^= 1 << chance.randrange(8)
        case 1:
            del kept[at]
        case 2:
            kept.insert(at, kept[at])
        case _:
            kept[at] = chance.choice(b'0123456789"{}[],:\\ae-.\x00\xff ')
    return bytes(kept)
