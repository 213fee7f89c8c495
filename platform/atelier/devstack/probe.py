import socket
import urllib.error
import urllib.request

from atelier.devstack.process import Process
from atelier.devstack.service import NotReady


def tcp(port: int, *, greeting: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        if not connection.recv(64).startswith(greeting):
            raise NotReady(f"port {port} answers something else")


def http(url: str) -> None:
    """Any answer but a 5xx: a page may be missing or forbidden, but the application behind it has spoken."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as answer:
        if answer.code >= 500:
            raise


def logged(process: Process, words: str) -> None:
    if words not in process.output():
        raise NotReady(f"{process.name} has not yet said {words!r}")
