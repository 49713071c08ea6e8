-- What is written down stays: of the records of money rows are added and never changed, whoever
-- writes. Nothing of ours changes one; who does it by hand has to take the trigger away first.

CREATE TRIGGER debt_journal_no_update BEFORE UPDATE ON debt_journal
BEGIN
	SELECT RAISE(ABORT, 'table "debt_journal" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER debt_journal_no_delete BEFORE DELETE ON debt_journal
BEGIN
	SELECT RAISE(ABORT, 'table "debt_journal" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER payment_attempts_no_update BEFORE UPDATE ON payment_attempts
BEGIN
	SELECT RAISE(ABORT, 'table "payment_attempts" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER payment_attempts_no_delete BEFORE DELETE ON payment_attempts
BEGIN
	SELECT RAISE(ABORT, 'table "payment_attempts" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER operation_resolutions_no_update BEFORE UPDATE ON operation_resolutions
BEGIN
	SELECT RAISE(ABORT, 'table "operation_resolutions" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER operation_resolutions_no_delete BEFORE DELETE ON operation_resolutions
BEGIN
	SELECT RAISE(ABORT, 'table "operation_resolutions" is a record: its rows are never changed or deleted');
END;
