"""What follows a transaction: done at least once, whatever the broker loses; set aside after too many failures."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from atelier.kit import outbox
from atelier.kit.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """A handler that fails on negative numbers and writes down the others."""
    seen: list[int] = []

    @outbox.handles("test.hear")
    def hear(*, number: int) -> None:
        if number < 0:
            raise ValueError("negative")
        seen.append(number)

    yield seen
    del outbox.HANDLERS["test.hear"]


def test_a_message_is_delivered_once_however_often_it_is_hinted_at(heard: list[int]) -> None:
    message = outbox.post("test.hear", number=7)
    for _ in range(3):
        outbox.deliver(str(message.id))
    assert heard == [7]
    message.refresh_from_db()
    assert message.done_at is not None


def test_a_message_of_a_transaction_that_failed_does_not_exist(heard: list[int]) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        outbox.post("test.hear", number=1)
        raise KeyError
    assert not Message.objects.filter(name="test.hear").exists()


def test_a_failure_is_tried_again_later_and_set_aside_with_its_error_in_the_end(heard: list[int]) -> None:
    message = outbox.post("test.hear", number=-1)
    for attempt in range(1, outbox.MAX_ATTEMPTS + 1):
        with pytest.raises(ValueError, match="negative"):
            outbox.deliver(str(message.id))
        message.refresh_from_db()
        assert message.attempts == attempt
    assert message.failed_at is not None
    assert message.error == "ValueError: negative"
    outbox.deliver(str(message.id))
    assert heard == []


def test_the_sweep_hints_at_what_is_due_and_only_at_that(heard: list[int]) -> None:
    late = outbox.post("test.hear", number=1)
    outbox.post("test.hear", after=timedelta(hours=1), number=2)
    Message.objects.filter(pk=late.pk).update(due_at=Now() - timedelta(seconds=1))
    assert outbox.sweep() == 1
    assert outbox.sweep() == 0


def test_what_is_long_done_goes_and_what_is_open_or_failed_stays(heard: list[int]) -> None:
    old, fresh, failed, waiting = (outbox.post("test.hear", number=number) for number in range(4))
    long_ago = Now() - outbox.KEPT_FOR - timedelta(days=1)
    Message.objects.filter(pk=old.pk).update(done_at=long_ago)
    Message.objects.filter(pk=fresh.pk).update(done_at=Now())
    Message.objects.filter(pk=failed.pk).update(failed_at=long_ago, due_at=long_ago)
    assert outbox.forget() == 1
    assert set(Message.objects.filter(name="test.hear").values_list("pk", flat=True)) == {fresh.pk, failed.pk, waiting.pk}
