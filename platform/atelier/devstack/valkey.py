import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from atelier.devstack.folder import Folder
from atelier.devstack.service import Service
from atelier.devstack.wheels import VALKEY


def service(folder: Folder) -> Service:
    """Append-only file on, nothing is ever evicted: a queue must not forget to make room. The password stays off the command line."""
    lines = {
        "bind": "127.0.0.1",
        "port": folder.ports["valkey"],
        "dir": f'"{folder.path("valkey")}"',
        "appendonly": "yes",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "requirepass": folder.secrets["valkey"],
    }
    config = folder.write_private("valkey/valkey.conf", "".join(f"{key} {value}\n" for key, value in lines.items()))
    return Service("valkey", (str(VALKEY), str(config)), ready=lambda _: _ping(folder))


def _ping(folder: Folder) -> None:
    """Once: by default the client itself tries again, with seconds in between."""
    once = Retry(NoBackoff(), 0)
    with redis.Redis(port=folder.ports["valkey"], password=folder.secrets["valkey"], socket_timeout=2, retry=once) as client:
        client.ping()
