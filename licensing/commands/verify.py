"""`verify MODEL --trust ROOT.pub`: what a certificate says, and whether it is so. Needs no network."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from licensing import certificate, revocations, strict
from licensing.canonical import LARGEST_INTEGER
from licensing.certificate import Certificate
from licensing.commands.shell import Answer, Unreadable, declare, opened, read
from licensing.findings import Malformed
from licensing.trust import ROOT_LIMIT, TrustRoot
from licensing.verify import Question, Result, verify

BESIDE = ".cert.json"


def add(commands: Any) -> None:
    parser = declare(commands, "verify", "say whether a model is what its certificate says, and may still be used", answer)
    parser.add_argument("model", type=Path, metavar="MODEL", help="a .safetensors file; its certificate is inside, or in MODEL.cert.json")
    parser.add_argument("--trust", type=Path, required=True, metavar="ROOT.pub", help="the root key, kept from an earlier day (PEM)")
    parser.add_argument("--revocations", type=Path, metavar="LIST", help="the newest revocation list")
    parser.add_argument("--licensee", type=licensee, metavar="N", help="the number of whoever wants to use it")
    parser.add_argument("--at", type=moment, metavar="ISO8601", help="judge as of this time (UTC where it names no zone) and not of now")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def answer(wanted: argparse.Namespace) -> Answer:
    listed = None if wanted.revocations is None else read(wanted.revocations, 2 * revocations.LIMIT)
    question = Question(root=trust_root(wanted.trust), at=wanted.at or datetime.now(UTC), revocations=listed, licensee=wanted.licensee)
    with opened(wanted.model) as model:
        result = verify(model, question, beside(wanted.model))
    text = json.dumps(result.to_dict(), ensure_ascii=False) if wanted.json else "\n".join(_lines(result))
    return Answer(text, 0 if result else 1)


def beside(model: Path) -> bytes | None:
    """What lies in NAME.cert.json, where NAME is the file's name with or without its suffix."""
    for name in dict.fromkeys((model.name, model.stem)):
        path = model.with_name(name + BESIDE)
        if path.exists():
            return read(path, certificate.LIMIT)
    return None


def trust_root(path: Path) -> TrustRoot:
    try:
        return TrustRoot.from_pem(read(path, ROOT_LIMIT))
    except Malformed as error:
        raise Unreadable(f"{path}: {error}") from error


def licensee(word: str) -> int:
    if not word.isascii() or not word.isdigit() or not 1 <= int(word[:20]) <= LARGEST_INTEGER:
        raise argparse.ArgumentTypeError(f"a licensee is a whole number from 1, not {word!r}")
    return int(word)


def moment(word: str) -> datetime:
    try:
        at = datetime.fromisoformat(word)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{word!r} is not a time such as 2026-01-31T12:00:00Z") from error


def _lines(result: Result) -> list[str]:
    head = f"{result.finding}: {result.detail}"
    return [head] if result.certificate is None else [head, "", *_facts(result.certificate), "", "Terms", *_terms(result.certificate)]


def _facts(known: Certificate) -> list[str]:
    facts = {
        "certificate": known.id,
        "issued": strict.written(known.issued_at),
        "licence": known.licence,
        "licensee": known.licensee,
        "from": strict.written(known.begins_at),
        "until": "without end" if known.ends_at is None else strict.written(known.ends_at),
        "layout": known.layout,
        "tensors": known.tensors,
        "base": known.base,
        "dataset": known.dataset,
        "consents": known.consents,
        "training": known.training,
        "fingerprint": known.fingerprint,
        "use": known.use and f"{known.use.stage}; {', '.join(known.use.media)}; {', '.join(known.use.territories)}",
        "terms": known.terms.id,
    }
    return [f"{name:<12} {value}" for name, value in facts.items() if value is not None]


def _terms(known: Certificate) -> list[str]:
    return [f"  {name:<18} {json.dumps(value, ensure_ascii=False)}" for name, value in known.terms.to_dict().items()]
