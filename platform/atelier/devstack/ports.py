import os
import random
import socket
from collections.abc import Iterable, Mapping

from atelier.devstack.errors import StackError

NAMES = ("web", "s3", "stripe", "mail", "postgres", "valkey", "s3-master", "s3-volume", "s3-filer", "s3-admin")
FIXED = {"web": 8000, "s3": 8333, "stripe": 8420}  # what a person opens in a browser, for `up`

# Every weed port also takes port + 10000. Both halves stay below Linux's ephemeral range (32768 up), from which an outgoing connection
# of anybody could take one between our check and the server's bind.
FREE = range(11000, 21000)
TWIN = 10000
PREFIX = "ATELIER_PORT_"


def variable(name: str) -> str:
    return PREFIX + name.upper().replace("-", "_")


def choose(remembered: Mapping[str, int], *, fixed: bool, environ: Mapping[str, str] = os.environ) -> dict[str, int]:
    """A port for every server: from the environment, else the fixed default, else last time's, else any free one.

    Raises StackError when a port that was asked for is taken; one that was only remembered is replaced.
    """
    asked = {name: _asked(name, environ, fixed) for name in NAMES}
    chosen = {name: port for name, port in asked.items() if port}
    for name, port in chosen.items():
        if not _free(name, port):
            raise StackError(f"port {port} for {name} is taken; set {variable(name)} to another one")
    for name in NAMES:
        if name not in chosen:
            chosen[name] = _remembered_or_free(name, remembered.get(name), chosen.values())
    return chosen


def _asked(name: str, environ: Mapping[str, str], fixed: bool) -> int | None:
    text = environ.get(variable(name))
    if not text:
        return FIXED.get(name) if fixed else None
    if not text.isdecimal() or not 1024 <= int(text) < 65536 - TWIN:
        raise StackError(f"{variable(name)}={text} is not a port from 1024 to {65535 - TWIN}")
    return int(text)


def _remembered_or_free(name: str, remembered: int | None, taken: Iterable[int]) -> int:
    candidates = random.sample(FREE, 200)
    if remembered:
        candidates.insert(0, remembered)
    used = set(taken)
    for port in candidates:
        if port not in used and _free(name, port):
            return port
    raise StackError(f"no free port found for {name}; set {variable(name)}")


def _free(name: str, port: int) -> bool:
    return _bindable(port) and (not name.startswith("s3") or _bindable(port + TWIN))


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
