"""What was answered before a dataset was sealed stays as it was answered: the database itself refuses another question or answer after."""

from django.db import migrations

QUESTION = migrations.RunSQL(
    """
    CREATE FUNCTION material_question_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM material_dataset d JOIN material_asset a ON a.dataset_id = d.id
            WHERE a.id = CASE TG_OP WHEN 'DELETE' THEN OLD.asset_id ELSE NEW.asset_id END AND d.state <> 'open' FOR SHARE OF d;
        IF FOUND THEN
            RAISE EXCEPTION 'a question about a dataset that is not open: % refused', TG_OP USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END $$;
    CREATE TRIGGER material_question_stays BEFORE INSERT OR UPDATE OR DELETE ON material_question
        FOR EACH ROW EXECUTE FUNCTION material_question_stays();
    """,
    "DROP TRIGGER material_question_stays ON material_question; DROP FUNCTION material_question_stays();",
)


class Migration(migrations.Migration):
    dependencies = [("material", "0003_consents")]
    operations = [QUESTION]
