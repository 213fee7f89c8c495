"""Bases that stay in memory between jobs, the most recently used ones."""

from collections import OrderedDict

from finetune import families
from finetune.families.model import Model
from finetune.planning import budget
from finetune.running import device


class Resident:
    def __init__(self, most: int = 1) -> None:
        self.most = most
        self._models: OrderedDict[str, Model] = OrderedDict()

    def get(self, family: str, path: str, digest: str, dtype: str | None = None) -> Model:
        """`digest` has been checked against `path` by the caller. `dtype` None: as is usual on the device."""
        dtype = dtype or budget.WAYS[device.kind()][0].dtype
        key = f"{family}/{digest}/{dtype}"
        if key in self._models:
            self._models.move_to_end(key)
            return self._models[key]
        while len(self._models) >= self.most:
            self._models.popitem(last=False)
        self._models[key] = families.load(family, path, dtype)
        return self._models[key]
