import io
from dataclasses import replace

import pytest
from safetensors import safe_open
from safetensors.numpy import load

from licensing import certificate, stamp, tensors
from licensing.findings import Malformed
from tests.licensing.proofs import CERTIFICATE, KEYS, MODEL, NOTES, SEALED, STAMPED, WORKING, model, packed, stamped, verified


def header_length(data: bytes) -> int:
    return 8 + int.from_bytes(data[:8], "little")


def test_it_changes_nothing_behind_the_header() -> None:
    assert STAMPED[header_length(STAMPED) :] == MODEL[header_length(MODEL) :]


def test_it_keeps_the_notes_that_were_there() -> None:
    assert tensors.read_header(io.BytesIO(STAMPED)).metadata == NOTES | {stamp.KEY: SEALED.to_bytes().decode()}


def test_it_adds_the_notes_that_it_is_given() -> None:
    copy = io.BytesIO()
    stamp.stamp(io.BytesIO(MODEL), copy, SEALED, {"modelspec.license": "LicenseRef-Atelier-1", "format": "np"})
    notes = tensors.read_header(io.BytesIO(copy.getvalue())).metadata
    assert (notes["modelspec.license"], notes["format"], notes["modelspec.title"]) == ("LicenseRef-Atelier-1", "np", "Été")


def test_it_returns_the_digest_of_what_it_copied() -> None:
    assert stamp.stamp(io.BytesIO(MODEL), io.BytesIO(), SEALED) == CERTIFICATE.tensors


def test_a_second_certificate_takes_the_place_of_the_first() -> None:
    second = certificate.issue(replace(CERTIFICATE, id="crt_2"), WORKING, KEYS)
    result = verified(stamped(second, STAMPED))
    assert result.certificate == replace(CERTIFICATE, id="crt_2")
    assert stamped(second, STAMPED) == stamped(second)


def test_the_data_begins_where_loaders_want_it() -> None:
    assert all(header_length(stamped(weights=model({"note": "x" * count}))) % 8 == 0 for count in range(9))


def test_the_safetensors_library_loads_it(tmp_path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(stamped(weights=packed(b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8))))
    assert load(path.read_bytes())["w"].tolist() == [0, 0]
    with safe_open(path, "np") as file:
        assert file.metadata() == {stamp.KEY: SEALED.to_bytes().decode()}


def test_a_header_that_would_grow_too_large_is_refused() -> None:
    with pytest.raises(Malformed, match="grow"):
        stamped(weights=model({"note": "x" * (tensors.HEADER_LIMIT - 2_000)}))


@pytest.mark.parametrize("weights", [b"", MODEL[:-1], MODEL + b"\0"])
def test_a_model_that_is_none_is_refused(weights: bytes) -> None:
    with pytest.raises(Malformed):
        stamped(weights=weights)
