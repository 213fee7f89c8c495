"""What the links in our mails carry."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.utils.timezone import now

from atelier.kit import tickets
from atelier.kit.refused import Refused
from atelier.licences.models import Seat
from atelier.studio.models import Invitation
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(world: World) -> Invitation:
    facts: dict[str, Any] = {"email": "zoe@example.org", "role": "auditor", "language": "en", "expires_at": now() + timedelta(days=1)}
    return Invitation.objects.create(studio=world.studio, by=world.alice, **facts)


def test_a_ticket_finds_its_row_and_only_among_those_that_are_asked_for(invitation: Invitation) -> None:
    ticket = tickets.ticket(invitation)
    assert tickets.find(Invitation.objects.all(), ticket) == invitation
    with pytest.raises(Refused, match="not_found"):
        tickets.find(Invitation.objects.exclude(pk=invitation.pk), ticket)


def test_a_ticket_of_another_kind_finds_nothing(invitation: Invitation) -> None:
    with pytest.raises(Refused, match="not_found"):
        tickets.find(Seat.objects.all(), tickets.ticket(invitation))
    for wrong in (tickets.ticket(Seat(pk=invitation.pk)), signing.dumps(invitation.public_id)):
        with pytest.raises(Refused, match="not_found"):
            tickets.find(Invitation.objects.all(), wrong)


def test_links_that_were_sent_stay_good(invitation: Invitation) -> None:
    """Their salt is part of mails that lie in people's boxes."""
    assert signing.loads(tickets.ticket(invitation), salt="atelier.studio.invitation") == invitation.public_id
    assert signing.loads(tickets.ticket(Seat(pk=invitation.pk)), salt="atelier.licences.seat")
