"""What the web side imports of this engine never brings torch along."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "diffusers", "transformers", "peft", "safetensors", "av")


@pytest.mark.parametrize(
    "module",
    [
        "job",
        "events",
        "exits",
        "manifest",
        "estimate",
        "fingerprint",
        "suspect",
        "planning.plan",
        "data.windows",
        "data.buckets",
        "shell.commands",
        "disk.files",
        "families",
        "families.wan_layout",
        "families.z_image_layout",
        "planning.house",
        "planning.budget",
        "data.drawn",
        "planning.group",
        "cli",
    ],
)
def test_it_imports_without_anything_heavy(module: str) -> None:
    code = f"import sys, finetune.{module}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_the_engine_imports_nothing_of_the_platform() -> None:
    code = "import sys, finetune.heavy; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-W", "error::ImportWarning", "-c", code], capture_output=True, text=True, check=True)
    assert not {"atelier", "licensing", "django", "celery", "torchvision"} & set(found.stdout.split())
