"""A part of a file that goes straight to the object store."""

from typing import Any

from rest_framework import serializers


class PartOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    url = serializers.CharField(help_text="PUT exactly `bytes` bytes here within 15 minutes.")
    bytes = serializers.IntegerField()
