-- What is written down stays: of the records of money rows are added and never changed, whoever
-- writes. Nothing of ours changes one; who does it by hand has to take the trigger away first, which the
-- role of the application may not (roles.sql).

CREATE FUNCTION rent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'table "%" is a record: its rows are never changed or deleted', TG_TABLE_NAME
		USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER debt_journal_append_only BEFORE UPDATE OR DELETE ON debt_journal
	FOR EACH STATEMENT EXECUTE FUNCTION rent_append_only();
CREATE TRIGGER payment_attempts_append_only BEFORE UPDATE OR DELETE ON payment_attempts
	FOR EACH STATEMENT EXECUTE FUNCTION rent_append_only();
CREATE TRIGGER operation_resolutions_append_only
	BEFORE UPDATE OR DELETE ON operation_resolutions
	FOR EACH STATEMENT EXECUTE FUNCTION rent_append_only();
