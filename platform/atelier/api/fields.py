"""Serializer fields for our own words: public ids, money, and text that is taken as people's machines send it."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.money import Money


@extend_schema_field(OpenApiTypes.STR)
class PublicId(serializers.Field):
    """Shows a row as its public id: `PublicId()` for the row itself (source="*"), or a foreign key's row. Reading only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        text: str = value.public_id
        return text


class StrictIntegerField(serializers.IntegerField):
    """An integer as JSON writes it: no strings, no floats, no booleans."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class MoneyField(serializers.Serializer):
    """`{"amount": minor units, "currency": "EUR"}` both ways; a Money inside."""

    amount = StrictIntegerField(min_value=0, max_value=10**11)
    currency = serializers.ChoiceField(choices=["EUR", "USD"])

    def to_representation(self, instance: Money) -> dict[str, Any]:
        return dict(instance.to_dict())

    def to_internal_value(self, data: Any) -> Money:
        checked = super().to_internal_value(data)
        return Money(checked["amount"], checked["currency"])


class AnyText(serializers.CharField):
    """Whatever a person's machine sends as a name or a caption. The actions clean it or refuse it with a sentence."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        self.validators = []
