"""What is sealed stays: the database itself refuses changes to a dataset that is no longer open, and to what is in it."""

from django.db import migrations

DATASET = migrations.RunSQL(
    """
    CREATE FUNCTION material_dataset_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state = 'open' THEN
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END IF;
        IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state' AND (OLD.state = NEW.state OR NEW.state = 'withdrawn') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'dataset % is %: % refused', OLD.id, OLD.state, TG_OP USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER material_dataset_stays BEFORE UPDATE OR DELETE ON material_dataset
        FOR EACH ROW EXECUTE FUNCTION material_dataset_stays();
    """,
    "DROP TRIGGER material_dataset_stays ON material_dataset; DROP FUNCTION material_dataset_stays();",
)

# Waits for a transaction that is sealing the dataset (FOR SHARE), so that no change can slip past it.
ASSET = migrations.RunSQL(
    """
    CREATE FUNCTION material_asset_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        touched uuid[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.dataset_id] WHEN 'DELETE' THEN ARRAY[OLD.dataset_id]
            ELSE ARRAY[OLD.dataset_id, NEW.dataset_id] END;
    BEGIN
        PERFORM 1 FROM material_dataset WHERE id = ANY (touched) AND state <> 'open' FOR SHARE;
        IF FOUND THEN
            RAISE EXCEPTION 'an asset of a dataset that is not open: % refused', TG_OP USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END $$;
    CREATE TRIGGER material_asset_stays BEFORE INSERT OR UPDATE OR DELETE ON material_asset
        FOR EACH ROW EXECUTE FUNCTION material_asset_stays();
    """,
    "DROP TRIGGER material_asset_stays ON material_asset; DROP FUNCTION material_asset_stays();",
)


class Migration(migrations.Migration):
    dependencies = [("material", "0001_initial")]
    operations = [DATASET, ASSET]
