from collections.abc import Sequence
from typing import Any

from atelier.devstack.stripe.errors import invalid

LARGEST_AMOUNT = 99_999_999


class Params:
    """One request's parameters, read by name and type. What nobody has read by the end is refused, never ignored."""

    def __init__(self, values: Any, prefix: str = "") -> None:
        if not isinstance(values, dict):
            raise invalid(f"Invalid {prefix}: expected an object", param=prefix)
        self._values, self._prefix, self._below = dict(values), prefix, list[Params]()

    def done(self) -> None:
        for below in self._below:
            below.done()
        for name in self._values:
            path = self._path(name)
            raise invalid(f"Unknown parameter, or one that this stand-in does not know: {path}", param=path, code="parameter_unknown")

    def text(self, name: str, default: str | None = None) -> str | None:
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {self._path(name)}", param=self._path(name))
        return value or None

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise invalid(f"Missing required param: {self._path(name)}.", param=self._path(name), code="parameter_missing")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str | None:
        value = self.text(name, default)
        if value is not None and value not in choices:
            raise invalid(f"Invalid {self._path(name)}: must be one of {', '.join(choices)}", param=self._path(name))
        return value

    def integer(self, name: str, *, least: int = 0, most: int = LARGEST_AMOUNT) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not value.lstrip("-").isdecimal() or not value.isascii():
            raise invalid(f"Invalid integer: {value}", param=self._path(name), code="parameter_invalid_integer")
        number = int(value) if len(value) < 20 else most + 1
        if not least <= number <= most:
            raise invalid(f"Invalid {self._path(name)}: must be from {least} to {most}", param=self._path(name))
        return number

    def needed_integer(self, name: str, *, least: int = 0, most: int = LARGEST_AMOUNT) -> int:
        number = self.integer(name, least=least, most=most)
        if number is None:
            raise invalid(f"Missing required param: {self._path(name)}.", param=self._path(name), code="parameter_missing")
        return number

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        value = self.choice(name, ("true", "false"))
        return default if value is None else value == "true"

    def currency(self, name: str = "currency") -> str:
        value = self.required(name).lower()
        if len(value) != 3 or not value.isalpha():
            raise invalid(f"Invalid currency: {value}", param=self._path(name))
        return value

    def metadata(self) -> dict[str, str]:
        values = self._take("metadata") or {}
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise invalid("Invalid metadata: expected text by name", param="metadata")
        if len(values) > 50 or any(len(key) > 40 or len(value) > 500 for key, value in values.items()):
            raise invalid("Invalid metadata: at most 50 keys of 40 characters, with values of 500", param="metadata")
        return {key: value for key, value in values.items() if value}

    def texts(self, name: str) -> list[str]:
        values = self._take(name) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise invalid(f"Invalid array: {self._path(name)}", param=self._path(name))
        return values

    def object(self, name: str) -> "Params | None":
        value = self._take(name)
        if value is None:
            return None
        return self._child(value, self._path(name))

    def objects(self, name: str) -> "list[Params]":
        values = self._take(name) or []
        if not isinstance(values, list):
            raise invalid(f"Invalid array: {self._path(name)}", param=self._path(name))
        return [self._child(value, f"{self._path(name)}[{index}]") for index, value in enumerate(values)]

    def recorded(self, name: str) -> Any:
        """A part that changes nothing here and is only given back."""
        return self._take(name)

    def has(self, name: str) -> bool:
        return name in self._values

    def _child(self, value: Any, path: str) -> "Params":
        child = Params(value, path)
        self._below.append(child)
        return child

    def _take(self, name: str) -> Any:
        return self._values.pop(name, None)

    def _path(self, name: str) -> str:
        return f"{self._prefix}[{name}]" if self._prefix else name
