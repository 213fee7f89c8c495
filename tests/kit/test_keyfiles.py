"""Keys as the environment brings them."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from atelier.kit import keyfiles

PEM = b"-----BEGIN KEY-----\nabc\n-----END KEY-----"


@pytest.mark.parametrize("text", [PEM, b'{"keys": []}'])
def test_the_text_and_its_base64_are_the_same(text: bytes) -> None:
    for value in (text.decode(), f" {text.decode()}\n", b64encode(text).decode()):
        assert keyfiles.read("A_KEY", value, bytes) == text


def refusing(text: bytes) -> None:
    raise ValueError(text)


@pytest.mark.parametrize(("value", "reader"), [("not/base64!", bytes), ("é", bytes), ("", refusing), (PEM.decode(), refusing)])
def test_what_cannot_be_read_is_told_by_its_name_and_never_by_its_value(value: str, reader: Callable[[bytes], Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^A_KEY is not what") as told:
        keyfiles.read("A_KEY", value, reader)
    assert not value or value not in str(told.value)
