"""docker-compose.yml and the Dockerfiles, without a Docker daemon."""

import json
import re
import shlex
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.utils import canonicalize_name

from atelier.devstack import applications, wheels
from atelier.devstack.folder import Folder

from .test_pins import closure
from .tree import PACKAGES, ROOT, imported, production, pyproject, python

HEAVY = {"torch", "diffusers", "transformers", "peft", "accelerate", "safetensors", "tokenizers", "triton"}
NOT_IN_THE_IMAGE = {"devstack", "demo"}
# The light modules that the platform reads; the staircase keeps torch out of them.
LIGHT = ("exits", "job", "manifest", "estimate", "planning/plan", "data/windows", "events")
SECRET = re.compile(r"KEY|SECRET|PASSWORD|PEPPER")
COMMANDS = """
import json, sys
from importlib import import_module
from django.core.management import get_commands
import django
django.setup()
for kind, name in json.load(sys.stdin):
    if kind == "object":
        module, _, attribute = name.partition(":")
        getattr(import_module(module), attribute)
    elif name not in get_commands():
        raise SystemExit(f"manage.py knows no {name}")
"""


@cache
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


def ours() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def web_image() -> set[str]:
    """The distributions in it."""
    project = pyproject()["project"]
    return closure(project["dependencies"] + project["optional-dependencies"]["web"])


def docker_command(dockerfile: str) -> list[str]:
    command: list[str] = json.loads(re.findall(r"^CMD (\[.*\])$", (ROOT / dockerfile).read_text(), re.MULTILINE)[0])
    return command


def test_the_services_are_the_ones_of_the_launcher() -> None:
    assert set(compose()["services"]) == {"postgres", "valkey", "s3", "migrate", "web", "worker-io", "worker-gpu", "beat"}


@pytest.mark.parametrize(
    ("service", "image"), [("postgres", "postgres:18"), ("valkey", "valkey/valkey:9"), ("s3", "chrislusf/seaweedfs:4.48")]
)
def test_a_store_is_pinned_watched_and_kept(service: str, image: str) -> None:
    described = compose()["services"][service]
    assert described["image"] == image
    assert described["healthcheck"]["test"]
    assert described["volumes"][0].partition(":")[0] in compose()["volumes"]


def test_every_process_waits_for_its_stores() -> None:
    for name, service in ours().items():
        awaited = {"postgres"} if name == "migrate" else {"migrate", "valkey", "s3"}
        assert set(service["depends_on"]) == awaited


def test_every_command_exists() -> None:
    asked = []
    for command in [service["command"] for service in ours().values()] + [
        docker_command("Dockerfile.web"),
        docker_command("Dockerfile.worker"),
    ]:
        match command:
            case ["python", "manage.py", name, *_]:
                asked.append(("command", name))
            case ["uvicorn", target, *_] | ["celery", "-A", target, *_]:
                asked.append(("object", target))
            case _:
                raise AssertionError(command)
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        input=json.dumps(asked),
        text=True,
        capture_output=True,
        cwd=ROOT,
        env={**production(), "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"},
    )
    assert done.returncode == 0, done.stderr


def test_every_option_of_the_object_store_exists() -> None:
    command = compose()["services"]["s3"]["command"]
    split = command.index("mini")
    known = subprocess.run([wheels.WEED, "mini", "-h"], capture_output=True, text=True)
    text = known.stdout + known.stderr
    assert not [option for option in command[split + 1 :] if f"  {option.partition('=')[0]}" not in text]


def test_the_workers_take_the_queues_of_the_launchers_workers() -> None:
    folder = Folder(Path("/nowhere"))
    pairs = {"worker-io": applications.worker_io(folder), "worker-gpu": applications.worker_train(folder, threads=1)}
    for name, service in pairs.items():
        assert ours()[name]["command"][1:] == list(service.argv[3:])


def test_the_web_image_brings_no_torch() -> None:
    brought = web_image()
    assert not brought & HEAVY and not [name for name in brought if name.startswith("nvidia")]


def test_the_web_image_brings_everything_that_its_processes_import() -> None:
    brought = web_image()
    modules = [path for path in PACKAGES["atelier"].rglob("*.py") if path.relative_to(PACKAGES["atelier"]).parts[0] not in NOT_IN_THE_IMAGE]
    modules += [PACKAGES["finetune"] / f"{name}.py" for name in LIGHT] + list(PACKAGES["licensing"].rglob("*.py"))
    outside = set().union(*map(imported, modules)) - sys.stdlib_module_names - set(PACKAGES)
    owners = packages_distributions()
    missing = {name for name in outside if not {canonicalize_name(owner) for owner in owners.get(name, ())} & brought}
    assert not missing


@pytest.mark.parametrize(("dockerfile", "extras"), [("Dockerfile.web", ["web"]), ("Dockerfile.worker", ["web", "engine"])])
def test_an_image_installs_exactly_its_extras_under_our_pins(dockerfile: str, extras: list[str]) -> None:
    text = (ROOT / dockerfile).read_text()
    script = re.findall(r'RUN python -c "(.*?)" >', text, re.DOTALL)[0].replace("\\\n", "")
    done = python("-c", script)
    project = pyproject()["project"]
    wanted = sum((project["optional-dependencies"][extra] for extra in extras), list(project["dependencies"]))
    assert done.stdout.split() == wanted, done.stderr
    assert "--constraint requirements.txt --requirement /tmp/needs.txt" in text


@pytest.mark.parametrize("dockerfile", ["Dockerfile.web", "Dockerfile.worker"])
def test_an_image_is_built_from_what_is_there_and_runs_as_nobody_special(dockerfile: str) -> None:
    lines = (ROOT / dockerfile).read_text().splitlines()
    sources = [source for line in lines if line.startswith("COPY ") for source in shlex.split(line)[1:-1]]
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    assert sources and not [source for source in sources if not (ROOT / source).exists() or f"!{source}" not in sent]
    assert "USER atelier" in lines


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.findall(r"\$\{(\w+)(?!:\?|\w)", text), "a variable without :? may be empty"
    environment = compose()["x-environment"]
    given = {name: value for name, value in environment.items() if SECRET.search(name) and name != "S3_ACCESS_KEY"}
    assert given and all("${" in value for value in given.values())


def test_the_example_names_every_variable_and_gives_none_a_value() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    example = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#"))
    assert set(example) == asked
    assert not any(example.values())
