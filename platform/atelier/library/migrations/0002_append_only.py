from django.db import migrations

from atelier.kit.frozen import append_only


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial"), ("kit", "0002_append_only")]
    operations = [append_only("library_artifact"), append_only("library_handover")]
