"""`audit verify BUNDLE --trust ROOT.pub`: whether an audit log is what it was. Needs no network."""

import argparse
import json
from pathlib import Path
from typing import Any

from licensing import checkpoint, evidence
from licensing.commands.shell import Answer, declare, opened, read
from licensing.commands.verify import trust_root


def add(commands: Any) -> None:
    purpose = "check the evidence that an audit log left behind"
    audit = commands.add_parser("audit", help=purpose, description=purpose.capitalize() + ".")
    parser = declare(
        audit.add_subparsers(required=True, metavar="COMMAND"), "verify", "say whether the log of a bundle was rewritten", answer
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="an evidence bundle")
    parser.add_argument("--trust", type=Path, required=True, metavar="ROOT.pub", help="the root key, kept from an earlier day (PEM)")
    parser.add_argument("--since", type=Path, metavar="CHECKPOINT", help="a checkpoint of this log, kept from an earlier day")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def answer(wanted: argparse.Namespace) -> Answer:
    since = None if wanted.since is None else read(wanted.since, checkpoint.LIMIT)
    root = trust_root(wanted.trust)
    with opened(wanted.bundle) as bundle:
        proved = evidence.verify(bundle, root, since)
    text = json.dumps(proved.to_dict(), ensure_ascii=False) if wanted.json else f"{proved.finding}: {proved.detail}"
    return Answer(text, 0 if proved else 1)
