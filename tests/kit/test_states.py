"""The state machine's only way along an edge is a conditional UPDATE that may lose."""

import pytest
from django.db import IntegrityError, transaction

from atelier.kit.refused import Refused
from atelier.licences.models import Licence
from atelier.licences.states import LICENCE, LicenceState

pytestmark = pytest.mark.django_db


def test_a_move_changes_the_row_and_the_copy_in_hand(licence: Licence) -> None:
    LICENCE.move(licence, LicenceState.SUSPENDED, reason="dispute")
    assert (licence.state, licence.reason) == ("suspended", "dispute")
    assert Licence.objects.get(pk=licence.pk).state == "suspended"


def test_a_move_off_the_table_is_refused_and_changes_nothing(licence: Licence) -> None:
    LICENCE.move(licence, LicenceState.REVOKED)
    with pytest.raises(Refused, match="moved_meanwhile"):
        LICENCE.move(licence, LicenceState.ACTIVE)
    assert Licence.objects.get(pk=licence.pk).state == "revoked"


def test_a_stale_copy_loses(licence: Licence) -> None:
    stale = Licence.objects.get(pk=licence.pk)
    LICENCE.move(licence, LicenceState.REVOKED)
    with pytest.raises(Refused, match="moved_meanwhile"):
        LICENCE.move(stale, LicenceState.SUSPENDED)


def test_the_database_knows_the_words_too(licence: Licence) -> None:
    with pytest.raises(IntegrityError, match="licence_state_known"), transaction.atomic():
        Licence.objects.filter(pk=licence.pk).update(state="lost")


def test_the_table_prints_as_a_diagram() -> None:
    assert "    suspended --> active" in LICENCE.mermaid().splitlines()
