"""Prints docs/training-states.md from the table that the platform moves by:

python docs/training_states.py > docs/training-states.md
"""

from atelier.trainings.states import EDGES, TRAINING, Edge, TrainingState

INTRODUCTION = """\
# The life of a training

Printed from `platform/atelier/trainings/states.py` by `docs/training_states.py`; a test compares. A move is one conditional UPDATE that
may lose: whoever comes second is told that the training has moved meanwhile.

Before the first state come a draft and its quote, which are rows of their own: a quote is signed and lives an hour; starting it puts its
seconds on hold and the training into the queue in one transaction, so no training is ever seen on hold and not in the queue.
"""
EDGES_INTRODUCTION = """\
Every move writes the audit entry `training.<state it leads to>` in the studio's log, with the code that says why and the seconds captured
so far. While it runs, each stored checkpoint captures its share. What its owner asks for meanwhile is `training.cancel`, `training.pause`,
`training.resume` or `training.finish` in the same log, under her name. `…` stands for further codes of the same kind.
"""


def page() -> str:
    lines = [INTRODUCTION, "```mermaid", TRAINING.mermaid(), "```", "", "| state | what happens | final |", "|---|---|---|"]
    lines += [f"| `{state}` | {state.label} | {'yes' if TRAINING.final(state) else ''} |" for state in TrainingState]
    lines += ["", EDGES_INTRODUCTION, "| from | to | by | code | training seconds |", "|---|---|---|---|---|"]
    lines += [f"| `{e.source}` | `{e.to}` | {e.by} | {', '.join(e.codes)} | {e.money} |" for e in sorted(EDGES, key=_order)]
    return "\n".join(lines) + "\n"


def _order(edge: Edge) -> tuple[int, int]:
    states = list(TrainingState)
    return states.index(edge.source), states.index(edge.to)


if __name__ == "__main__":
    print(page(), end="")
