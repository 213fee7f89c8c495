from django.db import migrations


class Migration(migrations.Migration):
    """A release after that."""

    dependencies = [("ledger", "n05_unread")]
    operations = [
        migrations.RunSQL("ALTER TABLE ledger_posting DROP COLUMN IF EXISTS note", "ALTER TABLE ledger_posting ADD COLUMN note text")
    ]
