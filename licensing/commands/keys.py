"""`keys begin` and `keys rotate`: the root and working keys of a platform, and the certificates under which previews are signed, in a
folder that is none of the platform's servers'."""

import argparse
import os
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from licensing import credentials, keyring
from licensing.commands.shell import Answer, Refusal, Unreadable, declare, read
from licensing.findings import Rejected
from licensing.keyring import Turn
from licensing.keys import BadSigner
from licensing.trust import ROOT_LIMIT

ROOT, ROOT_PUB, WORKING, KEYS, ENV = "root.pem", "root.pub", "working.pem", "keys.json", "keys.env"
ANCHOR_KEY, ANCHOR = "anchor-key.pem", "anchor.pem"
DAYS = 730


def add(commands: Any) -> None:
    keys = commands.add_parser("keys", help="make and rotate the keys that sign certificates", description=__doc__)
    parts = keys.add_subparsers(required=True, metavar="DEED")
    for name, purpose, deed in (
        ("begin", "make a root key and the first working key", _begin),
        ("rotate", "make the next working key; the one before ends a day later", _rotate),
    ):
        parser = declare(parts, name, purpose, deed)
        parser.add_argument(
            "folder", type=Path, metavar="FOLDER", help=f"holds {ROOT}, {ANCHOR_KEY}, {WORKING}, {KEYS}; the environment is {ENV}"
        )
        parser.add_argument("--days", type=_days, default=DAYS, metavar="N", help="for how long the working key signs; default %(default)s")


def _days(word: str) -> int:
    if not word.isascii() or not word.isdigit() or not 1 <= int(word[:6]) <= 36_500:
        raise argparse.ArgumentTypeError(f"a whole number of days from 1 to 36500, not {word!r}")
    return int(word)


def _begin(wanted: argparse.Namespace) -> Answer:
    if (wanted.folder / ROOT).exists():
        raise Refusal(f"{wanted.folder / ROOT} is there already. `keys rotate` makes the next working key; a root is kept.")
    wanted.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    root = keyring.new_pem()
    _private(wanted.folder / ROOT, root)
    (wanted.folder / ROOT_PUB).write_text(keyring.root_pem(root))
    now, period = datetime.now(UTC), timedelta(days=wanted.days)
    return _kept(wanted.folder, root, keyring.begin(root, now, period), _credentials(wanted.folder, now, period))


def _rotate(wanted: argparse.Namespace) -> Answer:
    root, keys = read(wanted.folder / ROOT, ROOT_LIMIT), read(wanted.folder / KEYS, 2 * ROOT_LIMIT)
    now, period = datetime.now(UTC), timedelta(days=wanted.days)
    try:
        return _kept(wanted.folder, root, keyring.rotate(root, keys, now, period), _credentials(wanted.folder, now, period))
    except (BadSigner, Rejected) as error:
        raise Unreadable(f"{wanted.folder}: {error}") from error


def _credentials(folder: Path, now: datetime, period: timedelta) -> credentials.Turn:
    """The next certificates under the anchor. It is made where there is none yet, as in a folder from before there were any."""
    if (folder / ANCHOR_KEY).exists():
        return credentials.rotate(read(folder / ANCHOR_KEY, ROOT_LIMIT), read(folder / ANCHOR, ROOT_LIMIT), now, period)
    root = keyring.new_pem()
    turn = credentials.begin(root, now, period)
    _private(folder / ANCHOR_KEY, root)
    (folder / ANCHOR).write_bytes(turn.anchor)
    return turn


def _kept(folder: Path, root: bytes, turn: Turn, shown: credentials.Turn) -> Answer:
    """The newest working key lies in WORKING; those before it have nothing left to do, and only their public halves stay, in the list."""
    _private(folder / WORKING, turn.working)
    (folder / KEYS).write_bytes(turn.keys)
    lines = {"CERTIFICATE_KEY": turn.working, "CERTIFICATE_KEYS": turn.keys, "TRUST_ROOT": keyring.root_pem(root).encode()}
    lines |= {"PREVIEW_KEY": shown.previews, "PREVIEW_CLOCK": shown.clock, "PREVIEW_ANCHORS": shown.anchor}
    _private(folder / ENV, "".join(f"{name}={b64encode(value).decode()}\n" for name, value in lines.items()).encode())
    offline, public = f"{ROOT} and {ANCHOR_KEY}", f"{ROOT_PUB} and {ANCHOR}"
    return Answer(
        f"{folder / ENV} holds the environment. Take {offline} off this machine; give {public} to everybody, on a day of its own."
    )


def _private(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by its owner only."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    draft.replace(path)
