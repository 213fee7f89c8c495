"""The whole contract between a running stack and the product: atelier/settings.py and docker-compose.yml use the same names."""

import os
import sys

from atelier.devstack import ports
from atelier.devstack.folder import Folder
from atelier.devstack.objectstore import ACCESS_KEY, BUCKET_PREFIX, REGION
from atelier.devstack.wheels import SOURCE_ROOTS

WEBHOOK_PATH = "/webhooks/stripe"


def url(folder: Folder, name: str) -> str:
    return f"http://127.0.0.1:{folder.ports[name]}"


def contract(folder: Folder, *, debug: bool = False) -> dict[str, str]:
    number, secrets = folder.ports, folder.secrets
    return {
        "DJANGO_SETTINGS_MODULE": "atelier.settings",
        "SECRET_KEY": secrets["secret_key"],
        "TOKEN_PEPPER": secrets["token_pepper"],
        "DEBUG": "1" if debug else "0",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        # Nothing stands before this web process, whatever the shell says that it was started from.
        "TRUSTED_PROXIES": "0",
        "PUBLIC_URL": url(folder, "web"),
        "DATABASE_URL": f"postgresql://atelier:{secrets['postgres']}@127.0.0.1:{number['postgres']}/atelier",
        "VALKEY_URL": f"redis://:{secrets['valkey']}@127.0.0.1:{number['valkey']}/0",
        "S3_ENDPOINT_URL": url(folder, "s3"),
        "S3_PUBLIC_URL": url(folder, "s3"),
        "S3_REGION": REGION,
        "S3_ACCESS_KEY": ACCESS_KEY,
        "S3_SECRET_KEY": secrets["s3"],
        "S3_BUCKET_PREFIX": BUCKET_PREFIX,
        "STRIPE_API_KEY": f"sk_test_{secrets['stripe_key']}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets['stripe_webhook']}",
        "STRIPE_API_BASE": url(folder, "stripe"),
        "EMAIL_URL": f"smtp://127.0.0.1:{number['mail']}",
        "MAIL_FROM": "Atelier <atelier@example.org>",
        "CERTIFICATE_KEY": secrets["certificate_key"],
        "CERTIFICATE_KEYS": secrets["certificate_keys"],
        "TRUST_ROOT": secrets["trust_root"],
        "FINGERPRINT_KEY": secrets["fingerprint_key"],
        "PREVIEW_KEY": secrets["preview_key"],
        "PREVIEW_CLOCK": secrets["preview_clock"],
        "PREVIEW_ANCHORS": secrets["preview_anchors"],
        "ENGINE_DIR": str(folder.path("engine")),
        "ENGINE_PYTHON": sys.executable,
        "DEVSTACK_VAR": str(folder.root),
        "DEVSTACK_MAIL": str(folder.path("mail")),
    }


def complete(folder: Folder, *, debug: bool = False) -> dict[str, str]:
    """What a child process is started with: ours over the caller's, so that a key in somebody's shell never reaches a test.
    The caller's choice of ports is not handed on: a stack that a test starts needs ports of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ports.PREFIX)}
    roots = [*map(str, SOURCE_ROOTS), *filter(None, [inherited.get("PYTHONPATH")])]
    ours = {"PYTHONPATH": os.pathsep.join(roots), "PYTHONUNBUFFERED": "1"}
    return {**inherited, **contract(folder, debug=debug), **ours}
