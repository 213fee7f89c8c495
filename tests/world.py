"""Makes the cast and what they own. Each World is a tenant of its own, so worlds never meet."""

from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from atelier.accounts.models import Studio, User
    from atelier.catalog.models import BaseVersion, Offering, Tier
    from atelier.licences.models import Licence

NUMBERS = count()


class World:
    """Lazy: a test makes only what it names."""

    def __init__(self) -> None:
        self.tag = uuid4().hex[:10]

    def person(self, name: str, **fields: Any) -> "User":
        """Without a password: hashing one takes longer than most tests, and clients are signed in by force."""
        from atelier.accounts.models import User

        return User.objects.create_user(f"{name}-{self.tag}@example.org", name=name, **fields)

    @cached_property
    def alice(self) -> "User":
        return two_step(self.person("alice"))

    @cached_property
    def bob(self) -> "User":
        return self.person("bob")

    @cached_property
    def carol(self) -> "User":
        return self.person("carol")

    @cached_property
    def dave(self) -> "User":
        return two_step(join(self.studio, self.person("dave"), "auditor"))

    @cached_property
    def studio(self) -> "Studio":
        from atelier.accounts.actions import open_studio

        return open_studio(owner=self.alice, name=f"Studio {self.tag}", country="FR")

    @cached_property
    def version(self) -> "BaseVersion":
        """A published base version; its files are not in the store (tests/trainings puts real ones there)."""
        from atelier.catalog.models import BaseModel, BaseVersion, Clearance, Title
        from atelier.catalog.states import VersionState

        base = BaseModel.objects.create(studio=self.studio, name="Lumen")
        version = BaseVersion.objects.create(
            base=base,
            version="1",
            family="wan",
            state=VersionState.PUBLISHED,
            digest="sha256:" + uuid4().hex * 2,
            height=32,
            width=32,
            frames=9,
            fps=8,
        )
        title = Title.objects.create(studio=self.studio, name="La Nuit claire", year=2021)
        Clearance.objects.create(title=title, state="cleared", basis="owned", evidence="Chain of title.", by=self.alice)
        version.titles.add(title)
        return version

    @cached_property
    def offering(self) -> "Offering":
        from atelier.catalog.models import Offering

        return Offering.objects.create(studio=self.studio, version=self.version, name="Lumen")

    def terms(self, **changes: Any) -> dict[str, Any]:
        """A middle tier's terms as a dict; `changes` replace fields."""
        return {
            "version": 1,
            "grantor": self.studio.name,
            "offering": self.offering.name,
            "base_digest": self.version.digest,
            "stages": ["pre_production", "production"],
            "commercial": True,
            "media": ["web", "social", "festival"],
            "territories": ["WORLD"],
            "period_days": 365,
            "seats": 1,
            "may_train": True,
            "training_seconds": 3600,
            "max_rank": 16,
            "max_steps": 2000,
            "max_resolution": 512,
            "max_clips": 200,
            "may_download": True,
            "may_download_base": False,
            "may_sublicense": False,
            "may_merge": False,
            "may_sell_outputs": True,
            "revenue_cap": None,
            "likeness": "none",
            "credit_line": None,
            "titles_excluded": [],
            "royalty_bps": 0,
            **changes,
        }

    def tier(self, price: int = 4900, currency: str = "EUR", **changes: Any) -> "Tier":
        """A tier on sale, with one revision."""
        from atelier.catalog.models import Tier, TierRevision
        from licensing.terms import Terms

        terms = Terms.from_dict(self.terms(**changes))
        tier = Tier.objects.create(offering=self.offering, name=f"Tier {next(NUMBERS)}")
        TierRevision.objects.create(
            tier=tier, number=1, terms_json=terms.to_dict(), terms_id=terms.id, price_amount=price, price_currency=currency
        )
        return tier

    def licence(self, holder: "User | None" = None, **changes: Any) -> "Licence":
        from atelier.licences.actions import grant

        return grant(
            holder=holder or self.bob,
            revision=self.tier(**changes).current,
            source=f"test-{uuid4().hex}",
            accepted_text="sha256:" + "0" * 64,
        )


def join(studio: "Studio", person: "User", role: str) -> "User":
    """A member from now on, as if she had accepted an invitation."""
    from atelier.accounts.models import Membership
    from atelier.audit.actions import record

    member = Membership.objects.create(studio=studio, user=person, role=role)
    record(action="studio.join", subject=member.public_id, studio=studio.id, actor=person.id, role=role, invitation="")
    return person


def two_step(person: "User") -> "User":
    """With a second step at sign-in, as studios ask of their people. Nobody knows its secret: clients are signed in by force."""
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": ""})
    return person


def client_of(person: "User") -> "APIClient":
    from rest_framework.test import APIClient

    client = APIClient()
    client.force_login(person)
    return client


def run_outbox(*names: str) -> int:
    """Runs every open message in this process (of these names, if any), and those that they post, as the io worker would. Returns how
    many."""
    from atelier.celery import app
    from atelier.kit.models import Message
    from atelier.kit.outbox import deliver

    app.loader.import_default_modules()
    done = 0
    wanted = {"name__in": names} if names else {}
    while rows := list(Message.objects.filter(done_at=None, failed_at=None, **wanted).order_by("created_at").values_list("pk", flat=True)):
        for pk in rows:
            deliver(str(pk))
        done += len(rows)
    return done
