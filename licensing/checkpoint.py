"""Checkpoints: the signed size and root of a log, as a text that a person can keep (C2SP tlog-checkpoint, signed-note, Ed25519).

Only a checkpoint that somebody else keeps proves anything, so it is written in a form that other people's tools read, and may cosign.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from licensing.canonical import LARGEST_INTEGER
from licensing.findings import Finding, Malformed, Rejected
from licensing.keys import PublicKey, Signer
from licensing.merkle import HASH_BYTES
from licensing.strict import base64
from licensing.trust import KeyList, Role

LIMIT = 64 << 10
ED25519 = b"\x01"
KEY_ID_BYTES = 4
WHAT = "The checkpoint"
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class Checkpoint:
    """`origin` names the log, and is also the name under which its keys sign: a URL without its scheme, "atelier.example/studios/4711"."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()  # lines of other tools, signed along, without meaning here

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.origin) or not self.origin.isprintable():
            raise Malformed(f"{WHAT} has an origin that is empty or holds a space or a plus.")
        if not 0 <= self.size <= LARGEST_INTEGER or len(self.root) != HASH_BYTES:
            raise Malformed(f"{WHAT} does not have a size and a root of {HASH_BYTES} bytes.")

    @property
    def text(self) -> str:
        """What is signed."""
        return "\n".join([self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions]) + "\n"

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        lines = text.split("\n")
        if len(lines) < 4 or "" in lines[:-1] or lines[-1]:
            raise Malformed(f"{WHAT} is not at least three lines: origin, size, root.")
        origin, size, root, *extensions = lines[:-1]
        if not _SIZE.fullmatch(size):
            raise Malformed(f"{WHAT}'s size is not a number without leading zeroes.")
        return cls(origin, int(size), base64(root, f"{WHAT}'s root"), tuple(extensions))


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """The note. Others may append their own lines of signature."""
    signature = key_id(checkpoint.origin, signer.public) + signer(checkpoint.text.encode())
    return f"{checkpoint.text}\n\u2014 {checkpoint.origin} {b64encode(signature).decode()}\n"


def open_checkpoint(note: bytes, keys: KeyList) -> Checkpoint:
    """The checkpoint that a listed key signed. Raises Rejected: UNKNOWN_KEY, TAMPERED or MALFORMED.

    Signatures of others (witnesses) are passed over. The period of a key is not asked: a checkpoint does not say when it was made.
    """
    checkpoint, signatures = _parse(note)
    listed = [key.public for key in keys.keys if Role.CHECKPOINTS in key.roles]
    ours = [(key, signature) for key in listed for signature in _by(key, checkpoint.origin, signatures)]
    if not ours:
        raise Rejected(Finding.UNKNOWN_KEY, f"{WHAT} of {checkpoint.origin} is signed by no key that the root lists for checkpoints.")
    if not all(key.verifies(signature, checkpoint.text.encode()) for key, signature in ours):
        raise Rejected(Finding.TAMPERED, f"{WHAT} of {checkpoint.origin} was changed after it was signed.")
    return checkpoint


def key_id(name: str, key: PublicKey) -> bytes:
    """Four bytes that tell the keys of one name apart; no security rests on them."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + key.raw).digest()[:KEY_ID_BYTES]


def verifier_key(origin: str, key: PublicKey) -> str:
    """The log's key as other people's tools and witnesses take it: one line with name, key id, type and key."""
    return f"{origin}+{key_id(origin, key).hex()}+{b64encode(ED25519 + key.raw).decode()}"


def _by(key: PublicKey, origin: str, signatures: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """The signatures under the log's name that claim to be this key's."""
    claimed = key_id(origin, key)
    return [said[KEY_ID_BYTES:] for name, said in signatures if name == origin and said[:KEY_ID_BYTES] == claimed]


def _parse(note: bytes) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    try:
        whole = note.decode() if len(note) <= LIMIT else ""
    except ValueError as error:
        raise Malformed(f"{WHAT} is not UTF-8.") from error
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or any(character < " " and character != "\n" for character in whole):
        raise Malformed(f"{WHAT} is not a signed note.")
    return Checkpoint.from_text(text + "\n"), [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE.fullmatch(line)
    said = base64(match[2], f"{WHAT}'s signature") if match else b""
    if match is None or len(said) <= KEY_ID_BYTES:
        raise Malformed(f"{WHAT} has a line of signature that cannot be read.")
    return match[1], said
