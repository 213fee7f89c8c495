"""What a person said of the rights in titles, in her export. It stays: her studio answers by it."""

from collections.abc import Iterator
from typing import Any

from atelier.accounts.belongings import exports, facts
from atelier.accounts.models import User

from .models import Clearance


@exports("clearances")
def clearances(person: User) -> Iterator[dict[str, Any]]:
    for row in Clearance.objects.filter(by=person).select_related("title").order_by("pk"):
        yield facts(row, "title", "state", "basis", "evidence", "paper_name", "paper_sha256")
