"""How a training's times and shares are shown."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext

from atelier.accounts.models import User
from atelier.licences.holdings import Run
from atelier.trainings.forms import SettingsForm
from atelier.trainings.models import Training
from atelier.trainings.words import TITLES
from atelier.trainings.words import span as span_words

register = template.Library()


@register.filter
def span(seconds: float) -> str:
    return span_words(seconds)


@register.simple_tag
def between(low: float, high: float) -> str:
    """As exact as the ceiling that stands beside it."""
    least, most = span_words(low), span_words(high)
    return least if least == most else gettext("%(low)s to %(high)s") % {"low": least, "high": most}


@register.filter
def ago(moment: datetime) -> str:
    """How long it is since then: 12 s, 4 minutes, 3 days."""
    passed = timezone.now() - moment
    return span_words(passed.total_seconds()) if passed < timedelta(minutes=1) else timesince(moment, depth=1)


@register.filter
def stands(row: Training) -> Promise:
    """Its state in words."""
    return TITLES[row.state]


@register.filter
def setting(name: str) -> str:
    """What the wizard calls it."""
    field = SettingsForm.base_fields.get(name)
    return str(field.label) if field else name.replace("_", " ")


@register.simple_tag
def named(runs: list[Run], reader: User) -> list[tuple[Run, str]]:
    """Each with the name of its training where that is the reader's own: a studio does not learn what creators call things."""
    hers = Training.objects.filter(owner=reader, pk__in=[Training.parse_id(run.training) for run in runs]).select_related("quote")
    names = {row.public_id: row.quote.name for row in hers}
    return [(run, names.get(run.training, "")) for run in runs]
