"""What several modules say and understand: a part of a file that goes straight to the object store, and what weights learned from."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from ..fields import StrictIntegerField


class PartOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    url = serializers.CharField(help_text="PUT exactly `bytes` bytes here within 15 minutes.")
    bytes = serializers.IntegerField()


class LearnedIn(serializers.Serializer[Any]):
    """What weights learned from, in numbers and dates. What is left out is told as not recorded."""

    data_points = StrictIntegerField(min_value=0, max_value=1 << 50, required=False, allow_null=True, default=None)
    hours = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=Decimal(0), required=False, allow_null=True, default=None)
    collected_from = serializers.DateField(required=False, allow_null=True, default=None)
    collected_until = serializers.DateField(required=False, allow_null=True, default=None)
    first_used_on = serializers.DateField(required=False, allow_null=True, default=None)
    synthetic = serializers.BooleanField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        begins, ends = attrs.get("collected_from"), attrs.get("collected_until")
        if begins and ends and ends < begins:
            raise serializers.ValidationError({"collected_until": ["The last day is before the first."]})
        return attrs
