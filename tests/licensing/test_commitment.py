import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.commitment import commit, opens

SALT = bytes(range(32))


def test_it_is_the_hash_of_salt_and_value() -> None:
    assert commit(SALT, "é") == "sha256:" + hashlib.sha256(SALT + b"\xc3\xa9").hexdigest()


@given(st.binary(min_size=32, max_size=32), st.text(max_size=9), st.binary(min_size=32, max_size=32), st.text(max_size=9))
def test_it_opens_to_its_own_salt_and_value_only(salt: bytes, value: str, other_salt: bytes, other: str) -> None:
    assert opens(commit(salt, value), salt, value)
    assert opens(commit(salt, value), other_salt, other) == ((salt, value) == (other_salt, other))


@pytest.mark.parametrize("salt", [b"", SALT[:-1], SALT + b"\0"])
def test_a_salt_of_another_length_is_none(salt: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit(salt, "a")
    assert not opens(commit(SALT, "a"), salt, "a")
