"""The stores as the product relies on them."""

import os
import signal
import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import redis
from botocore.exceptions import ClientError
from redis.backoff import NoBackoff
from redis.retry import Retry

from atelier.devstack import objectstore
from atelier.devstack.errors import StackError
from atelier.devstack.stack import STORES, Stack
from tests.devstack.receiver import eventually

# What the stores answer to a command that knows nothing but its environment.
REACH_EVERYTHING = """
import os, smtplib, urllib.request
import boto3, psycopg, redis
from urllib.parse import urlsplit
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print(connection.execute("SELECT uuidv7() IS NOT NULL, current_database()").fetchone())
with redis.Redis.from_url(os.environ["VALKEY_URL"]) as client:
    print(client.config_get("maxmemory-policy"), client.config_get("appendonly"))
s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], region_name=os.environ["S3_REGION"],
    aws_access_key_id=os.environ["S3_ACCESS_KEY"], aws_secret_access_key=os.environ["S3_SECRET_KEY"])
print(sorted(bucket["Name"] for bucket in s3.list_buckets()["Buckets"]))
with smtplib.SMTP("127.0.0.1", urlsplit(os.environ["EMAIL_URL"]).port) as smtp:
    print(smtp.noop()[0])
urllib.request.urlopen(os.environ["STRIPE_API_BASE"] + "/_control").close()
"""


def test_a_command_reaches_every_store_knowing_only_its_environment(stores: Stack) -> None:
    command = stores.spawn("reach", [sys.executable, "-c", REACH_EVERYTHING], own_log=True)
    assert command.wait(60) == 0, command.output()
    assert command.output().splitlines() == [
        "(True, 'atelier')",
        "{'maxmemory-policy': 'noeviction'} {'appendonly': 'yes'}",
        "['atelier-material', 'atelier-models', 'atelier-quarantine']",
        "250",
    ]


def test_secrets_are_for_their_owner_only(stores: Stack) -> None:
    files = [
        stores.folder.path(*name)
        for name in (("state.json",), ("valkey", "valkey.conf"), ("s3", "identities.json"), ("s3", "security.toml"))
    ]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_postgres_keeps_what_was_committed_through_kill_9(stores: Stack) -> None:
    with psycopg.connect(stores.env["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    stores.restart("postgres", kill=True)
    with psycopg.connect(stores.env["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
        connection.execute("DROP TABLE kept")


def test_the_products_role_is_no_superuser_and_may_make_test_databases(stores: Stack) -> None:
    with psycopg.connect(stores.env["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False, True)


def test_postgres_and_valkey_ask_for_a_password(stores: Stack) -> None:
    ports = stores.folder.ports
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://atelier:wrong@127.0.0.1:{ports['postgres']}/atelier")
    with redis.Redis(port=ports["valkey"], retry=Retry(NoBackoff(), 0)) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_valkey_keeps_the_queue_through_kill_9(stores: Stack) -> None:
    with redis.Redis.from_url(stores.env["VALKEY_URL"]) as client:
        client.rpush("jobs", "1", "2")
    before = stores.pid("valkey")
    stores.restart("valkey", kill=True)
    assert stores.pid("valkey") != before
    with redis.Redis.from_url(stores.env["VALKEY_URL"]) as client:
        assert client.lrange("jobs", 0, -1) == [b"1", b"2"]


def test_the_object_store_keeps_objects_through_kill_9(stores: Stack) -> None:
    s3 = objectstore.client(stores.folder)
    s3.put_object(Bucket="atelier-material", Key="clip", Body=b"frames")
    stores.restart("s3", kill=True)
    assert s3.get_object(Bucket="atelier-material", Key="clip")["Body"].read() == b"frames"


def test_a_stranger_cannot_write_to_the_object_store(stores: Stack) -> None:
    assert httpx.put(f"{stores.url('s3')}/atelier-models/x", content=b"x", trust_env=False).status_code == 403
    filer = f"http://127.0.0.1:{stores.folder.ports['s3-filer']}"
    assert httpx.put(f"{filer}/buckets/atelier-models/x", content=b"x", trust_env=False).status_code == 401
    with pytest.raises(ClientError, match="404"):
        objectstore.client(stores.folder).head_object(Bucket="atelier-models", Key="x")


def test_the_site_may_upload_from_the_browser_and_no_other_site_may(stores: Stack) -> None:
    def preflight(origin: str) -> httpx.Response:
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        return httpx.options(f"{stores.url('s3')}/atelier-quarantine/clip", headers=asked, trust_env=False)

    assert preflight(stores.url("web")).headers["access-control-allow-origin"] == stores.url("web")
    assert "access-control-allow-origin" not in preflight("http://evil.example").headers


def test_each_mail_becomes_a_file(stores: Stack) -> None:
    folder = Path(stores.env["DEVSTACK_MAIL"])
    for subject in ("Your licence", "Ihr Schlüssel"):
        with smtplib.SMTP("127.0.0.1", stores.folder.ports["mail"]) as smtp:
            message = EmailMessage()
            message["Subject"], message["From"], message["To"] = subject, "a@example.org", "b@example.org"
            smtp.send_message(message)
    kept = sorted(folder.iterdir())
    assert [file.name for file in kept] == ["001.eml", "002.eml"]
    assert b"Subject: Your licence" in kept[0].read_bytes()


def test_no_secret_is_on_a_command_line(stores: Stack) -> None:
    lines = " ".join(word for name in STORES for word in psutil.Process(stores.pid(name)).cmdline())
    assert "valkey-server" in lines
    assert [name for name, value in stores.folder.secrets.items() if value in lines] == []


def test_a_service_that_was_stopped_is_down_until_it_is_started(stores: Stack) -> None:
    stores.stop_service("mail")
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", stores.folder.ports["mail"])
    stores.start_service("mail")
    smtplib.SMTP("127.0.0.1", stores.folder.ports["mail"]).quit()


def test_a_dead_service_is_told(stores: Stack) -> None:
    assert stores.dead() == []
    os.kill(stores.pid("mail"), signal.SIGKILL)
    assert [process.name for process in eventually(stores.dead)] == ["mail"]
    stores.restart("mail")
    assert stores.dead() == []


def test_a_service_that_cannot_start_is_named(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atelier.devstack.valkey.VALKEY", "/no/such/valkey-server")
    with pytest.raises(StackError, match=r"valkey ended with code 127 while starting\n.*/no/such/valkey-server"):
        Stack(var, ("valkey",)).start()


def test_an_unknown_service_is_refused(var: Path) -> None:
    with pytest.raises(ValueError, match="rabbitmq"):
        Stack(var, (*STORES, "rabbitmq"))
