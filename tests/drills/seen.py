"""What answers have told so far: ids by their kind, values by the name of their field. Odd requests are made of it."""

import random
import re
from collections import defaultdict
from typing import Any

# Names of parameters and fields, and the kinds of rows that they name.
KINDS: dict[str, tuple[str, ...]] = {
    "actor": ("usr",),
    "adapter": ("had",),
    "adapter_2": ("had",),
    "asset": ("ast",),
    "base": ("bsv",),
    "consent": ("cns",),
    "consents": ("cns",),
    "dataset": ("dst",),
    "files": ("ast",),
    "handover": ("hnd",),
    "hook": ("hok",),
    "item": ("ttl", "per", "bsv", "had", "off", "tir", "ast", "dst", "cns"),
    "licence": ("lic",),
    "model": ("mdl",),
    "offering": ("off",),
    "order": ("ord",),
    "origin": ("mdl",),
    "performer": ("per",),
    "project": ("prj",),
    "question": ("qst",),
    "questions": ("qst",),
    "quote": ("quo",),
    "quotes": ("quo",),
    "revision": ("rev",),
    "sample": ("smp",),
    "seat": ("sea",),
    "studio": ("std",),
    "sweep": ("swp",),
    "takedown": ("tdn",),
    "tier": ("tir",),
    "title": ("ttl",),
    "titles": ("ttl",),
    "token": ("tok",),
    "training": ("trn",),
    "version": ("bsv",),
}
MANY = ("consents", "files", "questions", "quotes", "titles")
# Fields that are asked for under one name and told under another.
TOLD_AS = {"accepted_text": "text_hash", "entry": "index_id", "file": "path", "since": "size"}
# The terms that the platform fills in by itself, so nobody sends them.
PLATFORM_TERMS = ("version", "grantor", "offering", "base_digest")
ID = re.compile(r"([a-z]{3})_[0-9a-f]{32}")
KEPT = 60


class Seen:
    def __init__(self) -> None:
        self._ids: dict[str, list[str]] = defaultdict(list)
        self._values: dict[str, list[Any]] = defaultdict(list)

    def learn(self, told: Any, name: str = "") -> None:
        """Everything in an answer."""
        if isinstance(told, dict):
            if {"index", "detail", "action"} <= told.keys():
                self._keep(self._values["index_id"], told["id"])
            for key, value in told.items():
                self.learn(value, key)
        if isinstance(told, list):
            for each in told:
                self.learn(each)
        if isinstance(told, str) and (found := ID.fullmatch(told)):
            self._keep(self._ids[found.group(1)], told)
        elif name and told not in (None, "", [], {}):
            self._keep(self._values[name], _sendable(name, told))

    def known(self, name: str, rng: random.Random) -> Any:
        """Something that is there and goes by this name; None where nothing is."""
        if name in KINDS:
            rows = self._ids.get(rng.choice(KINDS[name]))
            return None if not rows else rng.sample(rows, min(len(rows), rng.randint(1, 3))) if name in MANY else rng.choice(rows)
        values = self._values.get(TOLD_AS.get(name, name))
        return rng.choice(values) if values else None

    @staticmethod
    def _keep(kept: list[Any], value: Any) -> None:
        """The first ones stay, which were made with care; of the others the newest."""
        if value not in kept:
            kept.append(value)
            if len(kept) > KEPT:
                del kept[KEPT // 2]


def _sendable(name: str, told: Any) -> Any:
    return {key: value for key, value in told.items() if key not in PLATFORM_TERMS} if name == "terms" and isinstance(told, dict) else told
