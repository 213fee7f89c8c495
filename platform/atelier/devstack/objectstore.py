import json
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from atelier.devstack.folder import Folder
from atelier.devstack.ports import TWIN
from atelier.devstack.service import Service
from atelier.devstack.wheels import WEED

BUCKET_PREFIX = "atelier"
BUCKETS = ("quarantine", "material", "models")
ACCESS_KEY = "atelier"
REGION = "us-east-1"


def service(folder: Folder, *, web_url: str) -> Service:
    """SeaweedFS in one process. Without -s3.config anybody may do anything; without security.toml its filer port is open to anybody;
    it listens on every interface and reports home unless told not to; without GOMEMLIMIT it grows to 600 MB. One stop in four never
    ends (its filer waits for itself), and kill -9 loses no acknowledged write: hence the short grace."""
    ports = folder.ports
    options = {
        "dir": folder.path("s3"),
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "s3.port": ports["s3"],
        "master.port": ports["s3-master"],
        "volume.port": ports["s3-volume"],
        "volume.preStopSeconds": 0,
        "filer.port": ports["s3-filer"],
        "admin.port": ports["s3-admin"],
        "s3.config": _identities(folder),
        "s3.allowedOrigins": web_url,
        "filer.allowedOrigins": web_url,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "master.telemetry": "false",
        "admin.ui": "false",
        "webdav": "false",
    }
    _security(folder)
    flags = [f"-{name}={value}" for name, value in options.items()]
    argv = (str(WEED), "-logtostderr=true", f"-config_dir={folder.path('s3')}", "mini", *flags)
    return Service("s3", argv, ready=lambda _: _make_buckets(folder), env={"GOMEMLIMIT": "256MiB"}, grace=3)


def sweep(folder: Folder) -> None:
    """SeaweedFS leaves a socket for each of its ports in /tmp, whatever TMPDIR says."""
    for name, port in folder.ports.items():
        if name.startswith("s3"):
            for number in (port, port + TWIN):
                for socket in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):
                    socket.unlink(missing_ok=True)


def _identities(folder: Folder) -> Path:
    key = {"accessKey": ACCESS_KEY, "secretKey": folder.secrets["s3"]}
    identity = {"name": "atelier", "credentials": [key], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    return folder.write_private("s3/identities.json", json.dumps({"identities": [identity]}))


def _security(folder: Folder) -> None:
    tables = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    folder.write_private("s3/security.toml", "".join(f'[{table}]\nkey = "{folder.secrets["s3_jwt"]}"\n' for table in tables))


def client(folder: Folder) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{folder.ports['s3']}",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=folder.secrets["s3"],
        region_name=REGION,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}, connect_timeout=1, read_timeout=5),
    )


def _make_buckets(folder: Folder) -> None:
    """Ready means that bytes can be written and read, not that a port is open: an empty object is accepted before the part that holds
    the bytes has reported, and who then reads an older object gets errors from a cache for ten seconds."""
    s3 = client(folder)
    present = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in (f"{BUCKET_PREFIX}-{bucket}" for bucket in BUCKETS):
        if name not in present:
            s3.create_bucket(Bucket=name)
    probe = {"Bucket": f"{BUCKET_PREFIX}-quarantine", "Key": ".ready"}
    s3.put_object(**probe, Body=b"ready")
    s3.get_object(**probe)["Body"].read()
    s3.delete_object(**probe)
