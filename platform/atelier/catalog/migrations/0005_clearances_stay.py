from django.db import migrations

from atelier.kit.frozen import append_only


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_rights"), ("kit", "0002_append_only")]
    operations = [append_only("catalog_clearance")]
