from typing import Any

from django.conf import settings
from django.db import migrations, models


def carry_over(apps: Any, schema_editor: Any) -> None:
    """Who had asked to cancel still does."""
    apps.get_model("trainings", "Training").objects.filter(cancel_requested=True).update(wish="cancel")


class Migration(migrations.Migration):
    dependencies = [
        ("licences", "0002_trust"),
        ("trainings", "0003_draft"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="training",
            name="training_state_known",
        ),
        migrations.AddField(
            model_name="training",
            name="finish_at",
            field=models.PositiveIntegerField(help_text="The step whose checkpoint is to be the result; none: the last step.", null=True),
        ),
        migrations.AddField(
            model_name="training",
            name="wish",
            field=models.CharField(blank=True, choices=[("", "go on"), ("pause", "Pause"), ("cancel", "Cancel")], default="", max_length=6),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="training", name="cancel_requested"),
        migrations.AlterField(
            model_name="training",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "waiting for a worker"),
                    ("preflight", "a worker prepares material and base"),
                    ("running", "Running"),
                    ("paused", "set aside at a checkpoint by its owner; no worker is bound"),
                    ("finishing", "files are stored and checked"),
                    ("done", "Done"),
                    ("cancelled", "stopped by its owner; its checkpoints are kept"),
                    ("rejected", "the rights it stands on were taken back"),
                    ("withdrawn", "its material was taken down"),
                    ("failed_user", "the material or the settings cannot be trained"),
                    ("failed_system", "our failure; nothing is charged"),
                ],
                default="queued",
                max_length=14,
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "queued",
                            "preflight",
                            "running",
                            "paused",
                            "finishing",
                            "done",
                            "cancelled",
                            "rejected",
                            "withdrawn",
                            "failed_user",
                            "failed_system",
                        ],
                    )
                ),
                name="training_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.CheckConstraint(condition=models.Q(("wish__in", ["", "pause", "cancel"])), name="training_wish_known"),
        ),
    ]
