"""The header check that stands before any loading of weights."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atelier.catalog.weights import BadFile, check

from .tiny import LAYER, safetensors


def judge(content: bytes, size: int | None = None) -> None:
    check("model.safetensors", content, len(content) if size is None else size)


def one(**changes: Any) -> dict[str, Any]:
    return {LAYER: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **changes}}


def test_a_plain_file_passes() -> None:
    judge(safetensors())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 7,
        (1 << 63).to_bytes(8, "little") + b"{}",
        ((1 << 20) + 1).to_bytes(8, "little") + b"{" + b" " * (1 << 20) + b"}",
        safetensors(b"[]"),
        safetensors(b"{" + b'"a":' * 5000),
        safetensors(b"[" * 100_000),
        safetensors(b"\xff\xfe{}"),
        safetensors(b'{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'),
        safetensors({"../../etc/passwd": one()[LAYER]}),
        safetensors({"a..b": one()[LAYER]}),
        safetensors({"": one()[LAYER]}),
        safetensors({"__metadata__": {"n": 1}, **one()}),
        safetensors({"__metadata__": {"n": "x" * 20_000}, **one()}),
        safetensors(one(dtype="OBJECT")),
        safetensors(one(shape=[2, 3])),
        safetensors(one(shape=[-2, -2])),
        safetensors(one(shape=[True, 4])),
        safetensors(one(shape=[2.0, 2])),
        safetensors(one(shape="22")),
        safetensors(one(data_offsets=[0, 1 << 70])),
        safetensors(one(data_offsets=[4, 20])),
        safetensors(one(data_offsets=None)),
        safetensors({LAYER: None}),
        safetensors(
            {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [3], "data_offsets": [4, 16]}}
        ),
        safetensors() + b"x",
        safetensors()[:-1],
    ],
)
def test_a_header_that_does_not_add_up_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile):
        judge(content)


def test_more_than_twenty_thousand_tensors_are_refused() -> None:
    many = {f"t{number}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for number in range(20_001)}
    with pytest.raises(BadFile, match=r"20,000|not a safetensors"):
        judge(safetensors(json.dumps(many, separators=(",", ":")).encode(), b""))


@given(st.binary(max_size=200))
def test_noise_is_refused_and_never_crashes(noise: bytes) -> None:
    with pytest.raises(BadFile):
        judge(noise)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_json_for_a_tensor_is_judged_without_a_crash(entry: Any) -> None:
    with pytest.raises(BadFile):
        judge(safetensors({LAYER: entry}))
