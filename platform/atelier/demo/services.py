"""Which servers the journey ran on, as they say themselves."""

import re
import subprocess
import sys
from pathlib import Path

import psycopg
import redis

from atelier.demo.surroundings import Surroundings
from atelier.demo.trouble import Trouble


def versions(around: Surroundings) -> dict[str, str]:
    return {"postgres": _postgres(around.database_url), "valkey": _valkey(around.valkey_url), "s3": _seaweedfs()}


def _postgres(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else ""


def _valkey(url: str) -> str:
    with redis.Redis.from_url(url) as client:
        return str(client.info("server")["valkey_version"])


def _seaweedfs() -> str:
    """The store does not tell its version over S3; its program does."""
    said = subprocess.run([str(Path(sys.prefix) / "bin" / "weed"), "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\b(\d+\.\d+)\b", said)
    if found is None:
        raise Trouble(f"The object store's program does not say its version: {said[:100]!r}.")
    return f"SeaweedFS {found.group(1)}"
