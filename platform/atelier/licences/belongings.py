"""Licences in a holder's export. They stay when she closes her account: the studio's log and the certificates given out count on them."""

from collections.abc import Iterator
from typing import Any

from atelier.accounts.belongings import exports, facts
from atelier.accounts.models import User

from .models import Licence


@exports("licences")
def licences(person: User) -> Iterator[dict[str, Any]]:
    rows = Licence.objects.filter(holder=person).select_related("studio", "revision__tier__offering").order_by("pk")
    for row in rows:
        dates = facts(row, "number", "state", "reason", "studio", "granted_at", "expires_at", "base_taken_at", "accepted_text", "source")
        tier = row.revision.tier
        yield {**dates, "studio_name": row.studio.name, "offering": tier.offering.name, "tier": tier.name, "terms": row.revision.terms_json}
