"""What was taken back is on the list, the list is signed, and its serial only grows."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.test import Client

from atelier.devstack import trust
from atelier.kit import store
from atelier.library import actions as library
from atelier.library.models import Outcome
from atelier.licences import revocations, signing
from atelier.licences.actions import restore, revoke, suspend
from atelier.licences.models import RevocationList
from atelier.licences.queries import database_now
from licensing.findings import Finding
from licensing.revocations import Revocations, open_revocations, read
from licensing.trust import TrustRoot
from licensing.verify import Question, verify
from tests.library.files import PATH, published
from tests.world import World, run_outbox


def fetched() -> bytes:
    answer = Client().get("/trust/revocations.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    return answer.content


def said() -> Revocations:
    keys = signing.keys()
    return open_revocations(read(fetched()), keys.root.key_list(keys.keys))


def handed_over(world: World) -> tuple[Any, bytes]:
    model = published(world)
    handover = library.hand_over(model=model, path=PATH, person=world.bob)
    run_outbox()
    return model, store.get_bytes(store.MODELS, Outcome.objects.get(handover=handover).key)


def finding(copy: bytes, listed: bytes | None = None) -> Finding:
    root = TrustRoot.from_pem(Client().get("/trust/root.pub").content)
    return verify(io.BytesIO(copy), Question(root=root, at=database_now(), revocations=listed)).finding


@pytest.mark.parametrize("deed", [revoke, suspend])
def test_a_copy_of_a_licence_that_is_taken_back_is_revoked_by_the_next_list(world: World, deed: Any) -> None:
    model, copy = handed_over(world)
    before = fetched()
    deed(licence=model.licence, reason="test")
    run_outbox()
    assert finding(copy, before) is Finding.OK
    assert finding(copy, fetched()) is Finding.REVOKED


def test_a_licence_that_comes_back_leaves_the_list(world: World) -> None:
    model, copy = handed_over(world)
    suspend(licence=model.licence, reason="test")
    run_outbox()
    restore(licence=model.licence, reason="test")
    run_outbox()
    assert finding(copy, fetched()) is Finding.OK


def test_a_withdrawn_model_is_revoked_in_every_hand_while_its_licence_stays_good(world: World) -> None:
    model, copy = handed_over(world)
    library.withdraw(model=model, by=None, reason="takedown")
    run_outbox()
    assert finding(copy, fetched()) is Finding.REVOKED
    assert model.licence.public_id not in said().licences


def test_the_serial_grows_with_each_change_and_only_then(world: World) -> None:
    first = said().serial
    assert revocations.publish().serial == first
    revoke(licence=world.licence(), reason="test")
    run_outbox()
    assert said().serial == first + 1
    assert revocations.publish().serial == first + 1


def test_a_list_that_gets_old_is_renewed_though_nothing_changed(world: World) -> None:
    first = revocations.current()
    old = database_now() - revocations.RENEWED_AFTER - timedelta(minutes=1)
    RevocationList.objects.create(serial=first.serial + 1, issued_at=old, document=first.document)
    assert said().serial == first.serial + 2
    assert said().max_age_seconds == 7 * 86_400


def test_lists_that_were_given_out_stay_as_they_were(world: World) -> None:
    revocations.current()
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        RevocationList.objects.update(document="")


def test_everybody_may_read_both_and_caches_may_keep_them_for_a_while(world: World) -> None:
    for name in ("root.pub", "revocations.json"):
        answer = Client().get(f"/trust/{name}")
        assert "public" in answer["Cache-Control"] and answer["Access-Control-Allow-Origin"] == "*"
        assert "Vary" not in answer or "Cookie" not in answer["Vary"]


@pytest.mark.parametrize("name", ["CERTIFICATE_KEY", "CERTIFICATE_KEYS", "TRUST_ROOT"])
def test_a_setting_that_cannot_be_read_is_named_and_its_value_is_not(settings: Any, name: str) -> None:
    setattr(settings, name, "nonsense")
    with pytest.raises(ImproperlyConfigured, match=f"{name} is not") as caught:
        signing.keys()
    assert "nonsense" not in str(caught.value)


def test_keys_that_do_not_belong_together_are_refused(settings: Any) -> None:
    other = trust.missing({})
    for name in ("CERTIFICATE_KEY", "TRUST_ROOT"):
        mine = getattr(settings, name)
        setattr(settings, name, other[name.lower()])
        with pytest.raises(ImproperlyConfigured, match="do not belong together"):
            signing.keys()
        setattr(settings, name, mine)
