"""Many captions at once: what somebody wrote or asked for, understood as changes that can be looked at before they are made."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from atelier.kit.refused import Refused

from . import words
from .actions import Change
from .models import Asset


@dataclass(frozen=True)
class Proposal:
    """What would become of one file's caption."""

    asset: Asset
    text: str

    @property
    def change(self) -> Change:
        return Change(self.asset.public_id, words.mark(self.asset.caption), self.text)


@dataclass(frozen=True)
class Plan:
    """`unknown`: names that no file has. `wrong`: sentences about lines that cannot be used; they hold the plan back."""

    proposals: list[Proposal]
    unknown: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def packed(self) -> str:
        """For a hidden field."""
        changes = (proposal.change for proposal in self.proposals)
        return json.dumps([[change.asset, change.mark, change.text] for change in changes], ensure_ascii=False)


def unpacked(text: str) -> list[Change]:
    """Raises Refused when it is not what `packed` gave."""
    try:
        return [Change(str(asset), str(mark), str(caption)) for asset, mark, caption in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise Refused("BAD_CHANGES", "These changes cannot be read any more. Look at the preview again.", status=422) from error


def listed(assets: Iterable[Asset]) -> str:
    """One line for each file, as `from_lines` reads them."""
    return "\n".join(f"{asset.name}: {asset.caption}" for asset in assets)


def from_lines(assets: list[Asset], text: str) -> Plan:
    """The longest name that a line begins with is meant: names may hold colons themselves."""
    names = sorted((asset.name for asset in assets), key=len, reverse=True)
    wanted, unknown = {}, []
    for line in filter(None, (each.strip() for each in words.normal(text).splitlines())):
        name = next((name for name in names if line.startswith(f"{name}:") or line == name), None)
        if name is None:
            unknown.append(line.partition(":")[0].strip()[:100])
        else:
            wanted[name] = line.removeprefix(name).removeprefix(":")
    return _plan(assets, wanted, unknown)


def from_sidecars(assets: list[Asset], files: Iterable[tuple[str, str]]) -> Plan:
    texts = {words.shown(name): text for name, text in files}
    wanted = {asset.name: texts[words.sidecar(asset.name)] for asset in assets if words.sidecar(asset.name) in texts}
    met = {words.sidecar(name) for name in wanted}
    return _plan(assets, wanted, sorted(set(texts) - met))


def reworded(assets: list[Asset], *, find: str, replace: str, before: str, after: str, bare: bool) -> Plan:
    def put(text: str) -> str:
        text = text.replace(find, replace) if find else text
        text = text if not before or text.startswith(before) else f"{before} {text}"
        return text if not after or text.endswith(after) else f"{text} {after}"

    return _plan(assets, {asset.name: put(asset.caption) for asset in assets if asset.caption or bare}, [])


def _plan(assets: list[Asset], wanted: Mapping[str, str], unknown: list[str]) -> Plan:
    """Only what would change is proposed."""
    proposals, wrong = [], []
    for asset in (each for each in assets if each.name in wanted):
        try:
            text = words.caption(wanted[asset.name])
        except Refused as refused:
            wrong.append(f"{asset.name}: {refused.told()}")
            continue
        if text != asset.caption:
            proposals.append(Proposal(asset, text))
    return Plan(proposals, unknown, wrong)
