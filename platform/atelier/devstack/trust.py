"""The keys of a stack on this machine: a root, one working key, and the list that the root signed; and under an anchor, what previews are
signed with. Made once, kept among its secrets."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from licensing import credentials, keyring

NAMES = ("root_key", "certificate_key", "certificate_keys", "trust_root")
CREDENTIALS = ("anchor_key", "preview_key", "preview_clock", "preview_anchors")
# Longer than anybody keeps a stack: nobody rotates these.
PERIOD = timedelta(days=3650)


def missing(held: dict[str, str]) -> dict[str, str]:
    """What `held` has not, each in base64; what is there stays. In production both roots are kept elsewhere; here the whole stack is one
    machine's."""
    made: dict[str, str] = {}
    for names, fresh in ((NAMES, _keys), (CREDENTIALS, _credentials)):
        if not all(name in held for name in names):
            made |= dict(zip(names, (b64encode(value).decode() for value in fresh()), strict=True))
    return made


def _keys() -> tuple[bytes, ...]:
    root = keyring.new_pem()
    turn = keyring.begin(root, datetime.now(UTC), PERIOD)
    return root, turn.working, turn.keys, keyring.root_pem(root).encode()


def _credentials() -> tuple[bytes, ...]:
    root = keyring.new_pem()
    turn = credentials.begin(root, datetime.now(UTC), PERIOD)
    return root, turn.previews, turn.clock, turn.anchor
