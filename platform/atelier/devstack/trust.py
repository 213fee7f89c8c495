"""The keys of a stack on this machine: a root, one working key, and the list that the root signed. Made once, kept among its secrets."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from licensing import keyring

NAMES = ("root_key", "certificate_key", "certificate_keys", "trust_root")
# Longer than anybody keeps a stack: nobody rotates these.
PERIOD = timedelta(days=3650)


def fresh() -> dict[str, str]:
    """Each in base64. In production the root key is kept elsewhere; here the whole stack is one machine's."""
    root = keyring.new_pem()
    turn = keyring.begin(root, datetime.now(UTC), PERIOD)
    made = (root, turn.working, turn.keys, keyring.root_pem(root).encode())
    return {name: b64encode(value).decode() for name, value in zip(NAMES, made, strict=True)}
