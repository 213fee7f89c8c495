from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("trainings", "0001_initial")]
    operations = [migrations.RunSQL("CREATE SEQUENCE trainings_fence", "DROP SEQUENCE trainings_fence")]
