"""The claimant's link: a case number with a key that only her mail carries. It needs no account and no table."""

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from atelier.kit.ids import not_found

from .models import Case

SIGNER = Signer(salt="takedown.claimant")


def key(case: Case) -> str:
    return SIGNER.signature(str(case.id))


def path(case: Case) -> str:
    """In the language that is active."""
    return reverse("notice_case", kwargs={"case": case.number, "key": key(case)})


def find(number: str, given: str) -> Case:
    """The case, for whoever holds its link. Refused("not_found", 404) otherwise."""
    case = None if "\0" in number else Case.objects.filter(number=number).first()  # no text in the database holds NUL
    if case is None:
        raise not_found()
    try:
        SIGNER.unsign(f"{case.id}{SIGNER.sep}{given}")
    except BadSignature:
        raise not_found() from None
    return case
