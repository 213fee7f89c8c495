"""One list of names: settings.py reads it, the launcher, docker-compose.yml and `make check` give it."""

import ast
from pathlib import Path

from atelier.devstack import environment, ports, trust
from atelier.devstack.folder import SECRETS, Folder

from .test_images import compose
from .tree import PACKAGES, production

BESIDES = {"DJANGO_SETTINGS_MODULE"}


def names() -> dict[str, bool]:
    """Every variable that settings.py reads, and whether it has a default."""
    found: dict[str, bool] = {}
    for node in ast.walk(ast.parse((PACKAGES["atelier"] / "settings.py").read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant(value=str(name))], keywords=keywords):
                found[name] = found.get(name, False) or any(keyword.arg == "default" for keyword in keywords)
    return found


def launched() -> set[str]:
    folder = Folder(Path("/nowhere"))
    folder.ports, folder.secrets = dict.fromkeys(ports.NAMES, 1), dict.fromkeys((*SECRETS, *trust.NAMES, *trust.CREDENTIALS), "x")
    return {name for name in environment.contract(folder) if not name.startswith("DEVSTACK_")}


def test_compose_gives_every_name_and_no_other() -> None:
    assert set(compose()["x-environment"]) == set(names()) | BESIDES


def test_the_launcher_gives_every_name_that_has_no_default_and_none_that_nobody_reads() -> None:
    required = {name for name, has_default in names().items() if not has_default}
    assert required <= launched() <= set(names()) | BESIDES


def test_the_check_under_production_settings_gives_every_name_that_has_no_default() -> None:
    required = {name for name, has_default in names().items() if not has_default}
    assert required <= set(production()) <= set(names()) | BESIDES
