"""Words for what is recorded of rights."""

from django import template
from django.utils.functional import Promise

from atelier.catalog.words import BASES, REPRESENTATIONS

register = template.Library()


@register.filter
def basis(code: str) -> str | Promise:
    return BASES.get(code, "")


@register.filter
def representation(code: str) -> str | Promise:
    return REPRESENTATIONS.get(code, "")
