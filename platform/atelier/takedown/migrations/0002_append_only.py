from django.db import migrations

from atelier.kit.frozen import append_only


class Migration(migrations.Migration):
    dependencies = [("takedown", "0001_initial"), ("kit", "0002_append_only")]
    operations = [append_only("takedown_event")]
