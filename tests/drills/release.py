"""Settings of a later release, whose migrations the deploy drill applies and takes back."""

from atelier.settings import *  # noqa: F403

MIGRATION_MODULES = {"ledger": "tests.drills.tomorrow"}
