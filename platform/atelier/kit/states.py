"""State machines whose only way along an edge is a conditional UPDATE that may lose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from .refused import Refused


@dataclass(frozen=True)
class Machine:
    """One table of moves over a TextChoices. `moves[a]` is what may follow `a`."""

    choices: type[models.TextChoices]
    moves: Mapping[str, frozenset[str]]
    field: str = "state"

    @classmethod
    def of(cls, choices: type[models.TextChoices], moves: Mapping[Any, Any], field: str = "state") -> "Machine":
        table = {str(state): frozenset(str(to) for to in moves.get(state, ())) for state in choices.values}
        return cls(choices, table, field)

    def sources(self, to: str) -> list[str]:
        return [state for state, targets in self.moves.items() if str(to) in targets]

    def move(self, row: models.Model, to: str, **changes: Any) -> None:
        """Moves the row and its in-memory copy. Raises Refused("moved_meanwhile") when it no longer stands on a source of that edge."""
        won = (
            type(row)
            ._default_manager.filter(pk=row.pk, **{f"{self.field}__in": self.sources(to)})
            .update(**{self.field: str(to)}, **changes)
        )
        if not won:
            sentence = "This is no longer in a state from which it can become “%(to)s”. Reload to see what happened."
            raise Refused("moved_meanwhile", sentence, to=str(to))
        for name, value in {self.field: str(to), **changes}.items():
            setattr(row, name, value)

    def final(self, state: str) -> bool:
        return not self.moves[str(state)]

    def constraint(self, name: str) -> models.CheckConstraint:
        return models.CheckConstraint(condition=models.Q(**{f"{self.field}__in": self.choices.values}), name=name)

    def mermaid(self) -> str:
        edges = [f"    {state} --> {to}" for state in self.moves for to in sorted(self.moves[state])]
        return "\n".join(["stateDiagram-v2", *edges])
