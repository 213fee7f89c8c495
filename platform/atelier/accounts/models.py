"""People, studios (the tenants), memberships and API tokens."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from atelier.kit.models import Row


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(Row, AbstractBaseUser, PermissionsMixin):
    """A person, known by e-mail to herself and by opaque id to everybody else."""

    prefix = "usr"
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=5, default="en")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True, editable=False, help_text="When she closed her account; what names her is gone since then.")

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def called(self) -> str:
        """What those call her who have dealings with her."""
        return self.name or self.email


class Role(models.TextChoices):
    OWNER = "owner"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Studio(Row):
    """A film studio: the tenant that owns titles, base models and a log."""

    prefix = "std"
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, default="FR", help_text="ISO 3166-1 alpha-2")
    two_step_required = models.BooleanField(default=True, help_text="Whether its members need two-step sign-in to act in it.")
    closed_at = models.DateTimeField(null=True, editable=False, help_text="When an owner closed it; nobody belongs to it since then.")


class Membership(Row):
    prefix = "mbr"
    studio = models.ForeignKey(Studio, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["studio", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]


class ApiToken(Row):
    """A personal token. Only its HMAC is stored; the plain text is shown once (tokens.py)."""

    prefix = "tok"
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="The first characters, to recognise it by.")
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
