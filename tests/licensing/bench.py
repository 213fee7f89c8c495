"""Certificates beside their limits: python -m tests.licensing.bench --json FILE [--quick]."""

import hashlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from frontend.bench import told
from frontend.bench.arms import Figure
from licensing import certificate, stamp, tensors
from licensing.verify import verify
from tests.licensing.proofs import CERTIFICATE, KEYS, QUESTION, WORKING, revoked

MEBI = 1 << 20
LARGE, SMALL = 200 * MEBI, 20 * MEBI
ROUNDS = 9
CERTIFICATES = 1000
LONGEST_SIGNING = 10.0
SECOND = 1000.0


def main(arguments: list[str]) -> None:
    quick = f"a model of {SMALL // MEBI} MiB instead of {LARGE // MEBI}"
    told.command(arguments, measure, name="tests.licensing.bench", about="Certificates beside their limits.", quick=quick)


def measure(quick: bool) -> Iterator[Figure]:
    yield from verifying(SMALL if quick else LARGE)
    yield from issuing()


def verifying(size: int) -> Iterator[Figure]:
    """The whole verification of a file beside nothing but its SHA-256, in turns, each from the page cache and in processor time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        path.write_bytes(_stamped(size))
        question = replace(QUESTION, revocations=revoked(), licensee=CERTIFICATE.licensee)

        def verified() -> None:
            with path.open("rb", buffering=0) as file:
                assert verify(file, question)

        def hashed() -> None:
            with path.open("rb", buffering=0) as file:
                hashlib.file_digest(file, "sha256")

        ours, plain = [], []
        for _ in range(ROUNDS):
            plain.append(milliseconds(hashed))
            ours.append(milliseconds(verified))
    least, most = statistics.median(plain), statistics.median(ours)
    yield Figure(f"verifying a model of {size // MEBI} MiB, beside hashing it", 1.15 * least, "ms", most, ROUNDS)


def issuing() -> Iterator[Figure]:
    """Making and signing one, which must not be what a handover waits for."""

    def issued() -> None:
        for place in range(CERTIFICATES):
            certificate.issue(replace(CERTIFICATE, id=f"hnd_{place}"), WORKING, KEYS)

    taken = milliseconds(issued) / CERTIFICATES
    yield Figure(f"a certificate ({SECOND / taken:,.0f} a second)", LONGEST_SIGNING, "ms", taken, CERTIFICATES)


def _stamped(size: int) -> bytes:
    header = {"lora.weight": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}
    raw = json.dumps(header).encode()
    bare = len(raw).to_bytes(8, "little") + raw + os.urandom(size)
    said = replace(CERTIFICATE, tensors=tensors.digest(io.BytesIO(bare)))
    copy = io.BytesIO()
    stamp.stamp(io.BytesIO(bare), copy, certificate.issue(said, WORKING, KEYS))
    return copy.getvalue()


def milliseconds(deed: Callable[[], object]) -> float:
    began = time.process_time()
    deed()
    return (time.process_time() - began) * SECOND


if __name__ == "__main__":
    main(sys.argv[1:])
