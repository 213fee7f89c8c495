"""Bases that stay in memory between jobs, the most recently used ones."""

from collections import OrderedDict

from finetune import families
from finetune.families.model import Model


class Resident:
    def __init__(self, most: int = 1) -> None:
        self.most = most
        self._models: OrderedDict[str, Model] = OrderedDict()

    def get(self, family: str, path: str, digest: str) -> Model:
        """`digest` has been checked against `path` by the caller."""
        key = f"{family}/{digest}"
        if key in self._models:
            self._models.move_to_end(key)
            return self._models[key]
        while len(self._models) >= self.most:
            self._models.popitem(last=False)
        self._models[key] = families.load(family, path)
        return self._models[key]
