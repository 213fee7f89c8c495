"""Events for a person at a terminal: one line that moves, and a line for each thing that stays."""

import sys

from finetune.events import Event

WIDTH = 30


def show(told: Event) -> None:
    facts = told.facts
    match told.event:
        case "step":
            filled = WIDTH * facts["step"] // facts["steps"]
            left = (facts["steps"] - facts["step"]) * facts["seconds_per_step"]
            bar = "█" * filled + "·" * (WIDTH - filled)
            _write(f"\r{bar} {facts['step']}/{facts['steps']}  loss {facts['loss']:.4f}  about {left:.0f} s left  ")
            if facts["step"] == facts["steps"]:
                _write("\n")
        case "phase" if "clip" in facts:
            _write(f"\r  {facts['clip'] or ''}\x1b[K")
        case "phase":
            _write(f"\r{facts['name']} …\n")
        case "validation":
            _write(f"  loss on held-out clips: {facts['loss']:.4f}\n")
        case "preview":
            _write(f"  {facts['which']}: {facts['prompt']} -> {facts['path']}\n")
        case "memorisation" if facts["says"]:
            _write(f"  {facts['says']}\n")
        case "error":
            _write(f"\n{facts['detail']}\n")
        case "done":
            _write(f"done: held-out loss {facts['validation_before']:.4f} -> {facts['validation_after']:.4f}, {facts['manifest']}\n")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
