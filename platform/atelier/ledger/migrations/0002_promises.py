"""What the database promises about money: balances follow postings, transactions sum to zero per unit, nothing is edited."""

from django.db import migrations

from atelier.kit.frozen import append_only

BALANCE = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_move_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE ledger_account
           SET balance = balance + CASE NEW.side WHEN 'credit' THEN NEW.amount ELSE -NEW.amount END
         WHERE id = NEW.account_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER ledger_posting_balance AFTER INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION ledger_move_balance();
    """,
    "DROP TRIGGER ledger_posting_balance ON ledger_posting; DROP FUNCTION ledger_move_balance();",
)
ZERO = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_must_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
             WHERE p.transaction_id = NEW.transaction_id
             GROUP BY a.unit
            HAVING sum(CASE p.side WHEN 'credit' THEN p.amount ELSE -p.amount END) <> 0
        ) THEN
            RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.transaction_id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER ledger_posting_zero AFTER INSERT ON ledger_posting
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_must_sum_to_zero();
    """,
    "DROP TRIGGER ledger_posting_zero ON ledger_posting; DROP FUNCTION ledger_must_sum_to_zero();",
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("kit", "0002_append_only")]
    operations = [BALANCE, ZERO, append_only("ledger_posting"), append_only("ledger_transaction")]
