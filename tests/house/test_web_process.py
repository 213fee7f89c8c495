from .tree import python

# What every process of the web image has loaded once it has answered one request and run one task.
EVERYTHING = """
import sys
from atelier.asgi import application
from atelier.celery import app
from django.urls import get_resolver

def load(patterns):
    for pattern in patterns:
        load(getattr(pattern, "url_patterns", ()))

load(get_resolver().url_patterns)
app.loader.import_default_modules()
assert any(name.startswith("trainings.") for name in app.tasks), sorted(app.tasks)
print(*sorted({"torch", "diffusers", "transformers", "peft", "accelerate", "safetensors", "tokenizers"} & set(sys.modules)))
"""


def test_a_web_process_never_loads_torch() -> None:
    """Its first import takes tens of seconds, and the web image does not have it."""
    done = python("-c", EVERYTHING)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
