from django.db import migrations


class Migration(migrations.Migration):
    """No code reads the note from here on; processes on the old code still do."""

    dependencies = [("ledger", "n04_linked")]
    operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("posting", "note")])]
