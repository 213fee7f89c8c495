"""Prints docs/training-states.md from the table that the platform moves by:

python docs/training_states.py > docs/training-states.md
"""

from atelier.trainings.states import TRAINING, TrainingState

INTRODUCTION = """\
# The life of a training

Printed from `platform/atelier/trainings/states.py` by `docs/training_states.py`; a test compares. A move is one conditional UPDATE that
may lose: whoever comes second is told that the training has moved meanwhile.
"""


def page() -> str:
    lines = [INTRODUCTION, "```mermaid", TRAINING.mermaid(), "```", "", "| state | what happens | final |", "|---|---|---|"]
    lines += [f"| `{state}` | {state.label} | {'yes' if TRAINING.final(state) else ''} |" for state in TrainingState]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
