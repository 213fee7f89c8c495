"""A keyed mark in a LoRA that says which handover a copy came from; numpy and the standard library alone.

Informed spread-spectrum marking (Cox, Kilian, Leighton and Shamoon, 1997) in the product B A, because the factors can be rotated at will
while the product cannot. Of each layer the thin singular value decomposition U S V is kept secret, beside the key. A copy gets

    U + strength / sqrt(2 out) s c[k]    and    V + strength / sqrt(2 in) s c[k],

where the signs `s` and the chips `k` come from the key and the layer's name, and `c` is the copy's own word of signs. The change is
`strength` of the product's Frobenius norm; a small adapter, which has room for fewer signs, gets a stronger one.

A suspect file is projected onto the kept subspaces; what lies outside them, summed chip by chip, is compared with the word of every
copy. For a copy that has nothing to do with the file, its word is random whatever was done to the file, so by Hoeffding's inequality
P(score > t) <= exp(-t^2 / 2). A score names a copy of a file. It does not say who took it, and it is lost by training anew.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Layers = Mapping[str, tuple[Floats, Floats]]
"""Of every layer B (out, rank) and A (rank, in), with alpha / rank multiplied into B."""

CHIPS = 1024
STRENGTH, LARGE, STRONGEST = 0.005, 4_000_000, 0.02
"""Of the norm of B A, at so many coefficients of U and V; smaller adapters get more, up to the last. bfloat16 alone changes 0.0023."""
FLOOR = 0.25


@dataclass(frozen=True)
class Host:
    """What is kept of an adapter that was marked: of every layer U (out, rank), S (rank,) and V (rank, in). To be kept secret."""

    layers: Mapping[str, tuple[Floats, Floats, Floats]]


@dataclass(frozen=True)
class Trace:
    """`scores` of the copies asked about, highest first, at most sqrt(CHIPS) = 32; `layers` that were found in the file, of `known`."""

    scores: tuple[tuple[str, float], ...]
    layers: int
    known: int

    def chance(self, score: float) -> float:
        """At most how likely the best of the copies asked about reaches `score` when none of them has to do with the file."""
        return min(1.0, len(self.scores) * math.exp(-score * score / 2)) if score > 0 else 1.0


def host(layers: Layers) -> Host:
    """Decomposes the adapter that copies are to be made of."""
    return Host({name: _svd(b, a) for name, (b, a) in layers.items()})


def _svd(b: Floats, a: Floats) -> tuple[Floats, Floats, Floats]:
    """Of the product, by way of its thin factors: O((out + in) rank^2)."""
    left, over = np.linalg.qr(b.astype(np.float64))
    right, under = np.linalg.qr(a.T.astype(np.float64))
    u, s, v = np.linalg.svd(over @ under.T)
    return (left @ u).astype(np.float32), s.astype(np.float32), (v @ right.T).astype(np.float32)


def strength(kept: Host) -> float:
    """The same energy of mark over all coefficients, whatever the size."""
    coefficients = sum(u.size + v.size for u, _, v in kept.layers.values())
    return min(STRONGEST, STRENGTH * math.sqrt(LARGE / coefficients))


def mark(kept: Host, key: bytes, copy: str) -> dict[str, tuple[Floats, Floats]]:
    """The layers of one copy. The same key and copy give the same bits of mark."""
    word, share = _word(key, copy), strength(kept)
    made = {}
    for name, (u, s, v) in kept.layers.items():
        root = np.sqrt(s)
        left = u + _scale(u.shape[0], share) * _pattern(key, f"{name}.U", u.shape, word)
        right = v + _scale(v.shape[1], share) * _pattern(key, f"{name}.V", v.T.shape, word).T
        made[name] = ((left * root).astype(np.float32), (root[:, None] * right).astype(np.float32))
    return made


def trace(kept: Host, key: bytes, suspect: Layers, copies: Sequence[str]) -> Trace:
    """Compares a file with every copy that was handed out. Layers of `suspect` that `kept` does not know are passed over."""
    sums, found = np.zeros(CHIPS), 0
    for name, (u, s, v) in kept.layers.items():
        if name in suspect:
            found += 1
            for part, residue in _residues(u, s, v, *suspect[name]):
                signs, chips = _spread(key, f"{name}.{part}", residue.size)
                sums += np.bincount(chips, signs * residue.ravel(), CHIPS)
    norm = float(np.linalg.norm(sums)) or 1.0
    scores = [(copy, float(_word(key, copy) @ sums) / norm) for copy in copies]
    return Trace(tuple(sorted(scores, key=lambda each: -each[1])), found, len(kept.layers))


def _residues(u: Floats, s: Floats, v: Floats, b: Floats, a: Floats) -> Iterator[tuple[str, Floats]]:
    """What of the suspect's product lies outside the kept subspaces: there the host itself is exactly nothing."""
    right, left = b @ (a @ v.T), (u.T @ b) @ a
    core = u.T @ right
    for part, residue in (("U", right - u @ core), ("V", (left - core @ v).T)):
        yield part, (residue * _weights(residue, s)).astype(np.float32)


def _weights(residue: Floats, s: Floats) -> NDArray[np.float64]:
    """Of each column, the matched filter's: the mark's share there is S, and the noise is taken to be what is found.

    A column with next to nothing in it was cut away, and is not made loud. Blind to the copies asked about, so that the bound stands.
    """
    power, signal = np.mean(residue.astype(np.float64) ** 2, axis=0), s.astype(np.float64) ** 2
    noise = np.maximum(power, FLOOR * signal * power.sum() / signal.sum())
    return np.divide(s, noise, out=np.zeros_like(noise), where=noise > 0)


def _scale(width: int, share: float) -> float:
    return share / math.sqrt(2 * width)


def _pattern(key: bytes, name: str, shape: tuple[int, ...], word: Floats) -> Floats:
    signs, chips = _spread(key, name, math.prod(shape))
    return (signs * word[chips]).reshape(shape)


def _spread(key: bytes, name: str, count: int) -> tuple[Floats, NDArray[np.uint16]]:
    """A secret sign and chip for each coefficient, from SHAKE-256, which is the same everywhere and for good."""
    drawn = np.frombuffer(_stream(key, "spread", name, 2 * count), np.dtype("<u2"))
    return np.where(drawn & CHIPS, np.float32(1), np.float32(-1)), drawn & np.uint16(CHIPS - 1)


def _word(key: bytes, copy: str) -> Floats:
    bits = np.unpackbits(np.frombuffer(_stream(key, "copy", copy, CHIPS // 8), np.uint8))
    return bits.astype(np.float32) * 2 - 1


def _stream(key: bytes, use: str, name: str, length: int) -> bytes:
    """`key` has a fixed length and leads, as a keyed sponge asks for."""
    if len(key) != 32:
        raise ValueError("a fingerprint key has 32 bytes")
    return hashlib.shake_256(key + f"{use}\0{name}".encode()).digest(length)
