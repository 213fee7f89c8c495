import hashlib
import io
import json
from typing import Any

import numpy
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save

from licensing import tensors
from licensing.findings import Finding, Malformed
from tests.licensing.proofs import MODEL, NOTES, model, packed

ENTRY = {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}


def digest(data: bytes) -> str:
    return tensors.digest(io.BytesIO(data))


def header(value: Any) -> bytes:
    return json.dumps(value).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(Malformed) as refused:
        digest(data)
    assert refused.value.finding is Finding.MALFORMED
    assert refused.value.detail.endswith(".")
    return refused.value.detail


def test_it_is_the_hash_of_the_canonical_header_without_metadata_and_of_the_data() -> None:
    length = int.from_bytes(MODEL[:8], "little")
    said = json.loads(MODEL[8 : 8 + length])
    assert said.pop("__metadata__") == NOTES
    assert digest(MODEL) == "sha256:" + hashlib.sha256(rfc8785.dumps(said) + MODEL[8 + length :]).hexdigest()


def test_it_is_a_known_value() -> None:
    assert digest(packed(header({"w": ENTRY}), b"\x01\x02")) == (
        "sha256:" + hashlib.sha256(b'{"w":{"data_offsets":[0,2],"dtype":"U8","shape":[2]}}\x01\x02').hexdigest()
    )


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_\-]{0,9}", fullmatch=True).filter(lambda name: name != "__metadata__"), st.just(0)
    )
)
def test_its_header_is_the_canonical_json_of_rfc_8785(names: dict[str, int]) -> None:
    said = {name: {"dtype": "U8", "shape": [1], "data_offsets": [place, place + 1]} for place, name in enumerate(names)}
    read = tensors.read_header(io.BytesIO(packed(header(said), bytes(len(names)))))
    assert read.canonical() == rfc8785.dumps(said)


@pytest.mark.parametrize("notes", [{}, {"note": "another"}, {"ss_thumbnail": "x" * 5_000}])
def test_notes_leave_it_as_it_was(notes: dict[str, str]) -> None:
    assert digest(model(notes)) == digest(MODEL)


def test_padding_and_order_of_the_header_leave_it_as_it_was() -> None:
    length = int.from_bytes(MODEL[:8], "little")
    said = dict(reversed(json.loads(MODEL[8 : 8 + length]).items()))
    assert digest(packed(json.dumps(said, indent=1).encode() + b"  ", MODEL[8 + length :])) == digest(MODEL)


def test_it_survives_that_the_safetensors_library_saves_the_file_anew() -> None:
    weights = {"b": numpy.arange(6, dtype=numpy.float32).reshape(2, 3), "a": numpy.ones(3, dtype=numpy.float16)}
    first = save(weights, {"note": "first"})
    assert digest(save(load(first))) == digest(first)


def test_other_weights_have_another_digest() -> None:
    assert digest(model(shift=1)) != digest(MODEL)


def test_a_large_file_is_read_in_pieces() -> None:
    count = 3 * tensors.CHUNK + 5
    data = bytes(range(256)) * (count // 256 + 1)
    said = {"w": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}
    assert digest(packed(header(said), data[:count])) == "sha256:" + hashlib.sha256(rfc8785.dumps(said) + data[:count]).hexdigest()


def test_a_file_without_tensors_has_a_digest() -> None:
    assert digest(packed(b"{}", b"")) == "sha256:" + hashlib.sha256(b"{}").hexdigest()


def test_a_file_that_is_cut_short_anywhere_is_refused() -> None:
    for size in range(len(MODEL)):
        refusal(MODEL[:size])


def test_a_file_that_goes_on_is_refused() -> None:
    assert "goes on" in refusal(MODEL + b"\0")
    assert "goes on" in refusal(packed(b"{}", b"\0"))


@pytest.mark.parametrize("claimed", [0, 1, tensors.HEADER_LIMIT + 1, 64 << 20, 2**63, 2**64 - 1])
def test_a_header_that_claims_too_much_is_not_read(claimed: int) -> None:
    class Counting(io.BytesIO):
        read_bytes = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.read_bytes += size or 0
            return super().read(size)

    file = Counting(claimed.to_bytes(8, "little") + b"{}")
    with pytest.raises(Malformed, match="claims"):
        tensors.digest(file)
    assert file.read_bytes == 8


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"{]",
        b" {}",
        b"\xef\xbb\xbf{}",
        b'{"\xff": 1}',
        b'{"w": 1}',
        b'{"w": {}}',
        b"{" * 300_000,
        b'{"w":' + b"[" * 500_000,
        b'{"__metadata__": []}',
        b'{"__metadata__": {"a": 1}}',
        b'{"__metadata__": {"a": "\\ud800"}}',
        b'{"__metadata__": {"a": "1", "a": "2"}}',
        b'{"__metadata__": {}, "__metadata__": {}}',
        b'{"w": {"dtype": "U8", "dtype": "I8", "shape": [2], "data_offsets": [0, 2]}}',
        b'{"w": {"dtype": "U8", "shape": [2.0], "data_offsets": [0, 2]}}',
        b'{"w": {"dtype": "U8", "shape": [NaN], "data_offsets": [0, 2]}}',
        b'{"w": {"dtype": "U8", "shape": [' + b"9" * 6_000 + b'], "data_offsets": [0, 2]}}',
    ],
)
def test_a_header_that_is_none_is_refused(raw: bytes) -> None:
    refusal(packed(raw, b"\0\0"))


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "U7"},
        {"dtype": None},
        {"dtype": ["U8"]},
        {"dtype": "F32"},
        {"shape": [3]},
        {"shape": [-2]},
        {"shape": [True, 2]},
        {"shape": ["2"]},
        {"shape": "2"},
        {"shape": [1] * 17 + [2]},
        {"shape": [2**60, 2**60]},
        {"data_offsets": [0]},
        {"data_offsets": [2, 0]},
        {"data_offsets": [-2, 0]},
        {"data_offsets": [1, 3]},
        {"data_offsets": None},
        {"extra": 1},
    ],
)
def test_a_tensor_that_does_not_add_up_is_refused(change: dict[str, Any]) -> None:
    refusal(packed(header({"w": ENTRY | change}), b"\0\0"))


@pytest.mark.parametrize("name", ["", "../w", "a..b", "a b", "é", "a/b", ".a", "x" * 301, "w\n"])
def test_a_tensor_with_a_strange_name_is_refused(name: str) -> None:
    refusal(packed(header({name: ENTRY}), b"\0\0"))


@pytest.mark.parametrize("second", [[1, 3], [3, 5], [0, 2]])
def test_tensors_that_overlap_or_leave_a_gap_are_refused(second: list[int]) -> None:
    refusal(packed(header({"a": ENTRY, "b": ENTRY | {"data_offsets": second}}), bytes(second[1])))
