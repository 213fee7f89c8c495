from django.db import migrations

from atelier.kit.frozen import append_only


class Migration(migrations.Migration):
    dependencies = [("library", "0003_trust")]
    operations = [append_only("library_outcome")]
