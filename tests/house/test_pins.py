import re
import sys
from importlib.metadata import packages_distributions, requires
from itertools import chain

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .tree import PACKAGES, ROOT, files, imported, pyproject

OURS = {*PACKAGES, "frontend", "tests"}


def pinned() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text().split()
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


def closure(wanted: list[str]) -> set[str]:
    """Every distribution that these requirements bring along on this platform."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    queue = [Requirement(text) for text in wanted]
    while queue:
        asked = queue.pop()
        name = canonicalize_name(asked.name)
        found.add(name)
        for extra in {"", *asked.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                needs = [Requirement(text) for text in requires(name) or ()]
                queue += [need for need in needs if not need.marker or need.marker.evaluate({"extra": extra})]
    return found


def test_every_line_of_the_requirements_is_one_exact_pin() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert not [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9A-Za-z.+]*", line)]
    assert len(pinned()) == len(lines)


def test_every_import_in_the_tree_is_pinned() -> None:
    outside = set().union(*(imported(path) for path in files() if path.suffix == ".py")) - sys.stdlib_module_names - OURS
    owners = packages_distributions()
    unpinned = {
        name: owners.get(name) for name in outside if not {canonicalize_name(owner) for owner in owners.get(name, ())} & set(pinned())
    }
    assert not unpinned


def test_every_extra_is_pinned_with_all_that_it_brings_along() -> None:
    project = pyproject()["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    assert closure(wanted) <= set(pinned())
