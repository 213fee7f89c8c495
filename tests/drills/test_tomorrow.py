"""What the deploy drill applies is what `make check` lets through."""

from django.db.migrations.loader import MigrationLoader
from django.test import override_settings

from atelier.kit.database import stalls

from .tomorrow import TODAY


@override_settings(MIGRATION_MODULES={"ledger": "tests.drills.tomorrow"})
def test_the_migrations_of_the_deploy_drill_stall_nobody() -> None:
    loader = MigrationLoader(None)
    (leaf,) = loader.graph.leaf_nodes("ledger")
    later = [node for node in loader.graph.forwards_plan(leaf) if node[1].startswith("n")]
    assert len(later) == 6 and ("ledger", TODAY) not in later
    for node in later:
        assert stalls.stalls(loader.graph.nodes[node], loader.project_state(node, at_end=False)) == []
