from django.db import migrations, models
from django.db.models import PROTECT


class Migration(migrations.Migration):
    dependencies = [("ledger", "n03_checked")]
    operations = [migrations.AddField("posting", "corrects", models.ForeignKey("ledger.transaction", PROTECT, null=True, related_name="+"))]
