-- The guards of 020 once more. Before a row is inserted that names no number of its own, SQLite gives -1 for
-- it, so a row of that number would have stood in the way of every later one: numbers below 1 are refused
-- after the insert, when they are known. A seal has a number as well, its rowid, and is not replaced by it.

DROP TRIGGER debt_journal_no_replace;
CREATE TRIGGER debt_journal_no_replace BEFORE INSERT ON debt_journal
WHEN NEW.id > 0 AND EXISTS (SELECT 1 FROM debt_journal WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'table "debt_journal" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER debt_journal_number AFTER INSERT ON debt_journal
WHEN NEW.id < 1
BEGIN
	SELECT RAISE(ABORT, 'table "debt_journal": the number of a row is 1 or more');
END;

DROP TRIGGER payment_attempts_no_replace;
CREATE TRIGGER payment_attempts_no_replace BEFORE INSERT ON payment_attempts
WHEN NEW.id > 0 AND EXISTS (SELECT 1 FROM payment_attempts WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'table "payment_attempts" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER payment_attempts_number AFTER INSERT ON payment_attempts
WHEN NEW.id < 1
BEGIN
	SELECT RAISE(ABORT, 'table "payment_attempts": the number of a row is 1 or more');
END;

DROP TRIGGER operation_resolutions_no_replace;
CREATE TRIGGER operation_resolutions_no_replace BEFORE INSERT ON operation_resolutions
WHEN EXISTS (SELECT 1 FROM operation_resolutions WHERE (NEW.seq > 0 AND seq = NEW.seq)
	OR op_id = NEW.op_id)
BEGIN
	SELECT RAISE(ABORT, 'table "operation_resolutions" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER operation_resolutions_number AFTER INSERT ON operation_resolutions
WHEN NEW.seq < 1
BEGIN
	SELECT RAISE(ABORT, 'table "operation_resolutions": the number of a row is 1 or more');
END;

DROP TRIGGER audit_log_no_replace;
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN NEW.id > 0 AND EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'table "audit_log" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER audit_log_number AFTER INSERT ON audit_log
WHEN NEW.id < 1
BEGIN
	SELECT RAISE(ABORT, 'table "audit_log": the number of a row is 1 or more');
END;

DROP TRIGGER outside_movements_no_replace;
CREATE TRIGGER outside_movements_no_replace BEFORE INSERT ON outside_movements
WHEN EXISTS (SELECT 1 FROM outside_movements WHERE (NEW.seq > 0 AND seq = NEW.seq)
	OR event_id = NEW.event_id)
BEGIN
	SELECT RAISE(ABORT, 'table "outside_movements" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER outside_movements_number AFTER INSERT ON outside_movements
WHEN NEW.seq < 1
BEGIN
	SELECT RAISE(ABORT, 'table "outside_movements": the number of a row is 1 or more');
END;

DROP TRIGGER notes_no_replace;
CREATE TRIGGER notes_no_replace BEFORE INSERT ON notes
WHEN NEW.id > 0 AND EXISTS (SELECT 1 FROM notes WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'table "notes" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER notes_number AFTER INSERT ON notes
WHEN NEW.id < 1
BEGIN
	SELECT RAISE(ABORT, 'table "notes": the number of a row is 1 or more');
END;

DROP TRIGGER seals_no_replace;
CREATE TRIGGER seals_no_replace BEFORE INSERT ON seals
WHEN EXISTS (SELECT 1 FROM seals WHERE (NEW.rowid > 0 AND rowid = NEW.rowid)
	OR (book = NEW.book AND number = NEW.number))
BEGIN
	SELECT RAISE(ABORT, 'table "seals" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER seals_number AFTER INSERT ON seals
WHEN NEW.rowid < 1
BEGIN
	SELECT RAISE(ABORT, 'table "seals": the number of a row is 1 or more');
END;
