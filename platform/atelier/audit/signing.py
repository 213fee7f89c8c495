"""Who signs checkpoints. The keys live higher up the staircase (licences/signing.py): whoever has them says so when the site starts."""

from collections.abc import Callable
from typing import Protocol

from licensing.dsse import Envelope
from licensing.keys import Signer
from licensing.trust import TrustRoot


class Keys(Protocol):
    """`signer` may sign what `keys` says, which `root` has signed."""

    @property
    def signer(self) -> Signer: ...
    @property
    def keys(self) -> Envelope: ...
    @property
    def root(self) -> TrustRoot: ...


_given: list[Callable[[], Keys]] = []


def use(keys: Callable[[], Keys]) -> None:
    """Asked anew for every checkpoint, so that keys may rotate."""
    _given[:] = [keys]


def keys() -> Keys:
    return _given[0]()
