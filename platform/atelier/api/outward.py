"""A POST to an address that somebody typed. It must not become a way into our own network.

The name is resolved once, every address that it has must be a public one, and the connection goes to the very address that was looked
at, so a name that changes its mind between the look and the call gains nothing. No redirect is followed, nothing of the answer but its
code is kept, and a clock ends whatever takes too long, drop by drop or not.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from atelier.kit.refused import Refused

LONGEST_ADDRESS = 500
CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 10.0
# Translated into IPv4 by networks that have them, so they may lead anywhere; and what old tunnels carry inside.
EMBEDDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("::/96"))


class Unreachable(Exception):
    """There was no answer. `str()` is a code that says why."""


@dataclass(frozen=True)
class Target:
    """Where to connect, and what to say there."""

    address: str
    port: int
    host: str
    path: str
    secure: bool

    @property
    def name(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def target(url: str) -> Target:
    """Where this address leads. Raises Refused("bad_address") for what is no public https address."""
    parts = _parts(url)
    host, secure = (parts.hostname or "").rstrip("."), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    exempt = f"{host}:{port}" in settings.HOOKS_MAY_REACH
    if not secure and not exempt:
        raise Refused("bad_address", "The address must begin with https://.", status=422)
    found = _addresses(host, port)
    if not exempt and not all(public(each) for each in found):
        raise Refused("bad_address", "This address leads into a private network. Give one that everybody can reach.", status=422)
    return Target(found[0], port, host, path, secure)


def _parts(url: str) -> SplitResult:
    odd = len(url) > LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url or "\\" in url
    try:
        parts = urlsplit("" if odd else url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        fine = False
    if not fine:
        raise Refused("bad_address", "This is no address of the form https://host/path.", status=422)
    return parts


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused("bad_address", "Nothing is known under this name. Check its spelling.", status=422) from error
    return [str(each[4][0]) for each in found]


def public(address: str) -> bool:
    """Whether this IP address, and whatever it stands for, is one of the open internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return public(str(inner))
        if any(ip in network for network in EMBEDDING):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, whatever the name says now."""

    def __init__(self, to: Target) -> None:
        super().__init__(to.host, to.port, timeout=CONNECT_SECONDS)
        self.to = to

    def connect(self) -> None:
        sock = socket.create_connection((self.to.address, self.to.port), CONNECT_SECONDS)
        self.sock = ssl.create_default_context().wrap_socket(sock, server_hostname=self.to.host) if self.to.secure else sock


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """The answer's code. Raises Refused("bad_address"), or Unreachable when there is none in time."""
    to = target(url)
    connection = _Pinned(to)
    clock = threading.Timer(WHOLE_SECONDS, _cut, [connection])
    clock.daemon = True
    clock.start()
    try:
        connection.request("POST", to.path, body, {"Host": to.name, "Content-Type": "application/json", **headers})
        return connection.getresponse().status
    except TimeoutError as error:
        raise Unreachable("timeout") from error
    except ssl.SSLError as error:
        raise Unreachable("bad_certificate") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable("no_answer") from error
    finally:
        clock.cancel()
        connection.close()


def _cut(connection: _Pinned) -> None:
    with suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
