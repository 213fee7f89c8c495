"""What people read of clearances and consents."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .scope import Representation
from .states import Basis, ClearanceState

CLEARANCES: dict[str, Promise] = {
    ClearanceState.PENDING: _("Pending: the search goes on"),
    ClearanceState.CLEARED: _("Cleared: models may learn from it"),
    ClearanceState.EXCLUDED: _("Excluded: nothing may learn from it"),
}
BASES: dict[str, Promise] = {
    Basis.OWNED: _("The studio holds the rights itself"),
    Basis.LICENSED: _("The rights are licensed to the studio"),
    Basis.PUBLIC_DOMAIN: _("In the public domain"),
}
REPRESENTATIONS: dict[str, Promise] = {each.value: each.label for each in Representation}
