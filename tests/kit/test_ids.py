"""Public ids: of the right kind, or simply not found."""

from uuid import UUID

import pytest

from atelier.kit import ids
from atelier.kit.refused import Refused


def test_they_survive_the_round_trip_and_are_in_order_of_time() -> None:
    made = [ids.uuid7() for _ in range(50)]
    assert made == sorted(made)
    assert {each.version for each in made} == {7}
    assert [ids.parse("trn", ids.public("trn", each)) for each in made] == made


@pytest.mark.parametrize(
    "text", ["", "trn_", "lic_" + "0" * 32, "trn_" + "g" * 32, "trn_" + "0" * 33, str(UUID(int=1)), "trn_\x00" + "0" * 31, "🎬" * 9]
)
def test_anything_else_is_not_found(text: str) -> None:
    with pytest.raises(Refused, match="not_found") as no:
        ids.parse("trn", text)
    assert no.value.status == 404
