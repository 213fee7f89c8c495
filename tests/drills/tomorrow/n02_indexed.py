from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "n01_added")]
    operations = [migrations.AddIndex("posting", models.Index(fields=["side", "-id"], name="posting_by_side"))]
