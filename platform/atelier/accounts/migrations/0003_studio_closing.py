from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_two_step_and_closing"),
    ]

    operations = [
        migrations.AddField(
            model_name="studio",
            name="closed_at",
            field=models.DateTimeField(editable=False, help_text="When an owner closed it; nobody belongs to it since then.", null=True),
        ),
    ]
