"""What a training tells of consents and of titles: those of the dataset that it learned from."""

from collections.abc import Collection
from uuid import UUID

from atelier.catalog import clearing
from atelier.licences import consents
from atelier.material import titles
from atelier.material.queries import consent_of_all, consents_behind

from .models import Training


@consents.tells
def consent_behind(items: Collection[UUID]) -> str:
    return consent_of_all(_datasets(items))


@consents.finds
def consents_under(items: Collection[UUID]) -> set[UUID]:
    return consents_behind(_datasets(items))


@clearing.tells
def titles_behind(items: Collection[UUID]) -> list[str]:
    return titles.of_these(_datasets(items))


def _datasets(trainings: Collection[UUID]) -> list[UUID]:
    return list(Training.objects.filter(pk__in=trainings).values_list("quote__dataset", flat=True))
