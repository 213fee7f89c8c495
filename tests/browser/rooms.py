"""Every page, and who looks at it. Words in braces are the names of `Town.ids`; an address in several states has several rows."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLResolver, get_resolver, resolve
from django.urls.resolvers import LocalePrefixPattern
from django.utils.translation import override

NOBODY = ""

PAGES: dict[str, str] = {
    NOBODY: """
        /
        /catalogue
        /catalogue/{offering}
        /catalogue/{offering}/disclosure
        /catalogue/{offering}/tiers
        /catalogue/{offering}/tiers?hours=10&seats=1&commercial=1
        /tiers/{tier}
        /tiers/{tier}/text
        /legal/imprint
        /legal/terms
        /legal/privacy
        /verify
        /nowhere
        /accounts/login/
        /accounts/signup/
        /accounts/password/reset/
        /accounts/password/reset/done/
        /accounts/password/reset/key/done/
        /accounts/inactive/
        /account/closed
        /notice
        /notice?about={offering}
        /notice/{case}
        /notice/{decided_case}
        /studio/invitations/{ticket}
        /seats/{seat}
    """,
    "claimant": """
        /notice/sent
    """,
    "newcomer": """
        /accounts/confirm-email/
    """,
    "halfway": """
        /accounts/2fa/authenticate/
    """,
    "forgetful": """
        /accounts/password/reset/key/{reset}/
    """,
    "bob": """
        /withdraw/{asset}
        /withdrawals/{withdrawal}
        /home
        /account
        /account/tokens
        /account/tokens/{token}/revoke
        /account/webhooks
        /account/data
        /account/delete
        /tiers/{tier}/buy
        /licences
        /licences/{licence}
        /licences/{shared}
        /licences/{licence}/text
        /licences/{licence}/base
        /orders
        /orders/{order}
        /orders/{unpaid}
        /orders/{unused}/give-back
        /orders/{order}/invoice
        /datasets
        /datasets/{open}
        /datasets/{open}/captions
        /datasets/{open}/seal
        /datasets/{open}/people
        /datasets/{open}/people/new
        /withdraw/{consent}
        /datasets/{open}/withdraw
        /datasets/{dataset}
        /trainings
        /trainings/new
        /trainings/new/{begun}/clips
        /trainings/new/{begun}/captions
        /trainings/new/{settled}/settings
        /trainings/new/{settled}/launch
        /trainings/new/{settled}/sweep
        /trainings/sweeps/{sweep}
        /trainings/{training}
        /models
        /models/{model}
        /handovers/{handover}
        /accounts/logout/
        /accounts/email/
        /accounts/password/change/
        /accounts/2fa/
        /accounts/2fa/totp/activate/
        /accounts/2fa/webauthn/
        /accounts/2fa/webauthn/add/
        /accounts/sessions/
        /accounts/reauthenticate/
        /studio/
    """,
    "carol": """
        /home
        /licences
        /orders
        /datasets
        /trainings
        /trainings/new
        /models
        /tiers/{tier}/buy
        /accounts/2fa/
        /accounts/2fa/webauthn/
        /accounts/2fa/webauthn/reauthenticate/
        /accounts/2fa/webauthn/keys/{passkey}/edit/
        /accounts/2fa/webauthn/keys/{passkey}/remove/
    """,
    "alice": """
        /studio/{studio}
        /studio/{studio}/licences
        /studio/{studio}/licences/{licence}
        /studio/{studio}/licences/{licence}/suspend
        /studio/{studio}/takedowns
        /studio/{studio}/takedowns/{taken}
        /studio/{studio}/takedowns/reach/{title}
        /studio/{studio}/usage
        /studio/{studio}/members
        /studio/{studio}/members/{member}
        /studio/{studio}/close
        /studio/{studio}/log
        /studio/{studio}/log/checkpoints
        /studio/{studio}/log/{entry}/proof
        /studio/{studio}/bases
        /studio/{studio}/adapters
        /datasets/{rushes}
        /datasets/{rushes}/titles
        /studio/{studio}/titles
        /studio/{studio}/titles/{title}
        /studio/{studio}/titles/performers
        /studio/{studio}/titles/performers/new
        /studio/{studio}/titles/performers/{performer}
        /studio/{studio}/offers
        /studio/{studio}/offers/{offering}/tiers/new
        /studio/{studio}/offers/{offering}/tiers/{tier}
        /studio/{studio}/offers/{offering}/tiers/{tier}/edit
        /accounts/2fa/
        /accounts/2fa/totp/deactivate/
        /accounts/2fa/reauthenticate/
        /accounts/2fa/recovery-codes/
        /accounts/2fa/recovery-codes/generate/
    """,
    "dave": """
        /desk/
        /desk/?show=every&find=nothing
        /desk/trainings
        /desk/takedowns
        /desk/takedowns/{taken}
        /desk/reach/{title}
        /desk/leaks
        /desk/leaks/{leak}
        /desk/{asked}
        /desk/{decided}
        /desk/{number}
    """,
}

# An account's secrets ask that one has signed in a moment ago.
SECRETS = ("/accounts/2fa/", "/account/tokens", "/account/data", "/account/delete")

# Out of reach: for accounts without a password, which no door makes, and for signing in by letter, which is off.
UNREACHED = """
    accounts/password/set/
    accounts/login/code/confirm/
"""

# No pages: files, pieces of a page, and addresses that lead elsewhere.
NO_PAGES = """
    accounts/2fa/recovery-codes/download/
    accounts/2fa/webauthn/login/
    account/two-step
    account/webhooks/<str:hook>/remove
    account/webhooks/<str:hook>/switch-on
    account/webhooks/<str:hook>/test
    orders/<str:order>/state
    orders/<str:order>/pay
    datasets/<str:dataset>/clips
    datasets/<str:dataset>/attest
    datasets/<str:dataset>/licence
    consents/<str:consent>/paper
    questions/<str:question>/reopen
    clips/<str:asset>/question
    clips/<str:asset>/caption
    clips/<str:asset>/remove
    clips/<str:asset>/<str:which>.jpg
    trainings/new/<str:draft>/discard
    trainings/sweeps/<str:sweep>/start
    trainings/<str:training>/stream
    trainings/<str:training>/now
    trainings/<str:training>/cancel
    trainings/<str:training>/pause
    trainings/<str:training>/resume
    trainings/<str:training>/finish
    trainings/<str:training>/previews/<str:preview>/<str:form>
    models/<str:model>/name
    models/<str:model>/use
    withdrawals/<str:takedown>/lift
    models/<str:model>/withdraw
    models/<str:model>/handovers
    models/<str:model>/files/<str:artifact>
    models/<str:model>/previews/<str:preview>/<str:form>
    handovers/<str:handover>/file
    notice/<str:case>/<str:key>/confirm
    notice/<str:case>/<str:key>/appeal
    notice/<str:case>/<str:key>/answer
    desk/takedowns/<str:takedown>/lift
    desk/trainings/drain
    desk/trainings/<str:training>/requeue
    desk/<str:case>/take-up
    desk/<str:case>/ask
    desk/<str:case>/decide
    studio/<str:studio>/takedowns/<str:takedown>/lift
    studio/<str:studio>/takedowns/<str:takedown>/appeal
    studio/<str:studio>/usage.csv
    studio/<str:studio>/usage.parquet
    studio/<str:studio>/members/invitations/<str:invitation>
    studio/<str:studio>/log.csv
    studio/<str:studio>/log/evidence
    studio/<str:studio>/log/checkpoints/<str:size>
    studio/<str:studio>/log/<str:entry>/evidence
    studio/<str:studio>/titles/clearances/<str:clearance>/paper
    studio/<str:studio>/titles/<str:title>/clearance
    studio/<str:studio>/titles/<str:title>/cast
    studio/<str:studio>/titles/performers/<str:performer>/paper
    studio/<str:studio>/adapters/<str:model>/publish
    licences/<str:licence>/adapter
    licences/<str:licence>/seats
    licences/<str:licence>/seats/<str:seat>
    studio/<str:studio>/bases/send_base.py
    studio/<str:studio>/bases/<str:base>/publish
    studio/<str:studio>/samples/<str:sample>/remove
    studio/<str:studio>/offers/<str:offering>/tiers/<str:tier>/switch
"""


def listed(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def rows() -> list[tuple[str, str]]:
    """Who and which path."""
    return [(who, path) for who, paths in PAGES.items() for path in listed(paths)]


def routes() -> set[str]:
    """Every address that has a language."""
    prefixed = [pattern for pattern in get_resolver().url_patterns if isinstance(pattern.pattern, LocalePrefixPattern)]
    return {route for pattern in prefixed for route in _below(pattern)}


def _below(resolver: Any, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _below(pattern, path)
        else:
            yield path


class _Looks(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return name


# What stands in an address, where anything would not do.
LOOKS = _Looks(case="number/key", decided_case="number/key", passkey="1", reset="person-key")


def route_of(path: str) -> str:
    """The address that answers a row. Raises Http404 when none does."""
    path = path.partition("?")[0].format_map(LOOKS)
    with override("fr"):  # whose addresses carry no language
        return resolve(path).route
