from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trainings", "0009_lanes")]
    operations = [
        migrations.AddField(
            model_name="training",
            name="alike",
            field=models.JSONField(blank=True, default=dict, help_text="What the grouping rule asks of it; empty: it trains alone."),
        ),
        migrations.AddField(
            model_name="attempt",
            name="clip",
            field=models.TextField(blank=True, help_text="What the engine was decoding when it died.", default=""),
            preserve_default=False,
        ),
    ]
