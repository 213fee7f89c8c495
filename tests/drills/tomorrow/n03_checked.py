from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("ledger", "n02_indexed")]
    operations = [migrations.AddConstraint("posting", models.CheckConstraint(condition=Q(amount__lt=10**15), name="posting_believable"))]
