from django.db import migrations

from atelier.kit.frozen import FUNCTION


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_initial")]
    operations = [FUNCTION]
