from django.db import migrations, models

from . import TODAY


class Migration(migrations.Migration):
    dependencies = [("ledger", TODAY)]
    operations = [
        migrations.AddField("posting", "note", models.TextField(null=True)),
        migrations.AddField("posting", "origin", models.CharField(max_length=20, db_default="deed")),
    ]
