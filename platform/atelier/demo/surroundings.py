"""What the launcher tells its command."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from atelier.demo.trouble import Trouble


@dataclass(frozen=True)
class Surroundings:
    """`web`: the API's address. `mail`: the folder in which every message arrives as NNN.eml. `logs`: of the servers."""

    web: str
    mail: Path
    logs: Path
    database_url: str
    valkey_url: str
    s3_url: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        try:
            return cls(
                web=environ["PUBLIC_URL"],
                mail=Path(environ["DEVSTACK_MAIL"]),
                logs=Path(environ["DEVSTACK_VAR"]) / "log",
                database_url=environ["DATABASE_URL"],
                valkey_url=environ["VALKEY_URL"],
                s3_url=environ["S3_ENDPOINT_URL"],
            )
        except KeyError as missing:
            raise Trouble(f"{missing} is not set: start me with `make demo`, which starts the servers first.") from None
