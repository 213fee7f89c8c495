"""How the studio's pages write ids, states and kinds."""

import json

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from atelier.audit.models import Entry

from .. import told, words

register = template.Library()


@register.filter
def short(public_id: str) -> SafeString:
    """An opaque id by its kind and its last signs, which tell it from the others; the whole id is its tooltip."""
    return format_html('<code title="{}">{}</code>', public_id, told.short(public_id))


@register.filter
def sentence(entry: Entry) -> str:
    return told.told(entry)


@register.filter
def raw(entry: Entry) -> str:
    """All of it, as JSON."""
    return json.dumps(told.plain(entry), indent=2, ensure_ascii=False)


@register.filter
def kind(use: str) -> str | Promise:
    return words.KINDS.get(use, use)


@register.filter
def state(word: str) -> str | Promise:
    return words.STATES.get(word, word)


@register.filter
def standing(word: str) -> str | Promise:
    return words.LICENCES.get(word, word)


@register.filter
def tone(word: str) -> str:
    return words.tone(word)
