from django.db import migrations

from atelier.kit.frozen import append_only

PENDING = migrations.RunSQL(
    """
    CREATE FUNCTION audit_await_place() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO audit_pending (entry) VALUES (NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER audit_entry_awaits AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_await_place();
    INSERT INTO audit_pending (entry) SELECT id FROM audit_entry;
    """,
    "DROP TRIGGER audit_entry_awaits ON audit_entry; DROP FUNCTION audit_await_place();",
)
# No gap: a place other than 0 needs the one before it in the same tree.
PLACES = migrations.RunSQL(
    """
    ALTER TABLE audit_leaf ADD COLUMN previous bigint GENERATED ALWAYS AS (NULLIF(place, 0) - 1) STORED;
    ALTER TABLE audit_leaf ADD CONSTRAINT audit_leaf_no_gap FOREIGN KEY (tree, previous) REFERENCES audit_leaf (tree, place);
    """,
    "ALTER TABLE audit_leaf DROP COLUMN previous;",
)
# One length of hash, and nodes on the levels that are kept.
SHAPES = migrations.RunSQL(
    """
    ALTER TABLE audit_leaf ADD CONSTRAINT audit_leaf_hash_length CHECK (length(hash) = 32);
    ALTER TABLE audit_node ADD CONSTRAINT audit_node_shape CHECK (length(hash) = 32 AND place >= 0 AND level > 0 AND level % 4 = 0);
    ALTER TABLE audit_checkpoint ADD CONSTRAINT audit_checkpoint_shape CHECK (length(root) = 32 AND size >= 0);
    ALTER TABLE audit_salt ADD CONSTRAINT audit_salt_length CHECK (length(salt) = 32);
    """,
    """
    ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_hash_length;
    ALTER TABLE audit_node DROP CONSTRAINT audit_node_shape;
    ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_shape;
    ALTER TABLE audit_salt DROP CONSTRAINT audit_salt_length;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_trees"), ("kit", "0002_append_only")]
    operations = [PENDING, PLACES, SHAPES, *(append_only(f"audit_{table}") for table in ("leaf", "node", "checkpoint"))]
