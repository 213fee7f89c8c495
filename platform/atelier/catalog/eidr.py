"""EIDR: the id of a title in the Entertainment Identifier Registry, 10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C."""

import re

from atelier.kit.refused import Refused

FORM = re.compile(r"10\.5240/((?:[0-9A-F]{4}-){5})([0-9A-Z])")
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def checked(text: str) -> str:
    """As it is written, in capitals; empty stays empty. Raises Refused where its form or its check sign is wrong."""
    eidr = text.strip().upper()
    if not eidr:
        return ""
    form = FORM.fullmatch(eidr)
    if form is None:
        raise Refused("eidr_malformed", "An EIDR reads 10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C.", status=422, field="eidr")
    if check_sign(form[1].replace("-", "")) != form[2]:
        raise Refused("eidr_mistyped", "This EIDR has a mistake: its last sign does not fit the others.", status=422, field="eidr")
    return eidr


def check_sign(digits: str) -> str:
    """ISO 7064, MOD 37,36."""
    rest = 36
    for digit in digits:
        rest = ((rest + SIGNS.index(digit)) % 36 or 36) * 2 % 37
    return SIGNS[(37 - rest) % 36]
