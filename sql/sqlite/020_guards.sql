-- What is written down stays, whatever the way: INSERT OR REPLACE deletes a row without asking the trigger
-- of a DELETE (unless recursive_triggers is on), so it is refused before (011_append_only.sql). And every
-- record has a number that grows, so that it can be sealed (018_seals.sql).

CREATE TABLE operation_resolutions_new (
	seq         INTEGER NOT NULL PRIMARY KEY,
	op_id       TEXT    NOT NULL UNIQUE,
	rental_id   TEXT    NOT NULL,
	resolved_as TEXT    NOT NULL
		CHECK (resolved_as IN ('SUCCEEDED', 'DECLINED', 'NOT_EXECUTED')),
	amount      INTEGER NOT NULL CHECK (amount >= 0),
	reference   TEXT,
	reason      TEXT    NOT NULL CHECK (length(reason) > 0),
	resolved_by TEXT    NOT NULL CHECK (length(resolved_by) > 0),
	created_at  INTEGER NOT NULL
) STRICT;
INSERT INTO operation_resolutions_new (op_id, rental_id, resolved_as, amount, reference, reason,
	resolved_by, created_at)
SELECT op_id, rental_id, resolved_as, amount, reference, reason, resolved_by, created_at
FROM operation_resolutions ORDER BY created_at, op_id;
DROP TABLE operation_resolutions;
ALTER TABLE operation_resolutions_new RENAME TO operation_resolutions;
CREATE INDEX operation_resolutions_rental ON operation_resolutions (rental_id, created_at);

CREATE TABLE outside_movements_new (
	seq          INTEGER NOT NULL PRIMARY KEY,
	event_id     TEXT    NOT NULL UNIQUE,
	rental_id    TEXT    NOT NULL,
	operation_id TEXT    NOT NULL,
	kind         TEXT    NOT NULL
		CHECK (kind IN ('DISPUTE', 'CHARGEBACK', 'EXTERNAL_REFUND', 'REVERSAL')),
	amount       INTEGER NOT NULL,
	ref          TEXT    NOT NULL,
	note         TEXT    NOT NULL,
	created_at   INTEGER NOT NULL
) STRICT;
INSERT INTO outside_movements_new (event_id, rental_id, operation_id, kind, amount, ref, note, created_at)
SELECT event_id, rental_id, operation_id, kind, amount, ref, note, created_at
FROM outside_movements ORDER BY created_at, event_id;
DROP TABLE outside_movements;
ALTER TABLE outside_movements_new RENAME TO outside_movements;
CREATE INDEX outside_movements_rental ON outside_movements (rental_id, created_at);
CREATE TRIGGER operation_resolutions_no_update BEFORE UPDATE ON operation_resolutions
BEGIN
	SELECT RAISE(ABORT, 'table "operation_resolutions" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER operation_resolutions_no_delete BEFORE DELETE ON operation_resolutions
BEGIN
	SELECT RAISE(ABORT, 'table "operation_resolutions" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER outside_movements_no_update BEFORE UPDATE ON outside_movements
BEGIN
	SELECT RAISE(ABORT, 'table "outside_movements" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER outside_movements_no_delete BEFORE DELETE ON outside_movements
BEGIN
	SELECT RAISE(ABORT, 'table "outside_movements" is a record: its rows are never changed or deleted');
END;

CREATE TRIGGER debt_journal_no_replace BEFORE INSERT ON debt_journal
WHEN EXISTS (SELECT 1 FROM debt_journal WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'table "debt_journal" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER payment_attempts_no_replace BEFORE INSERT ON payment_attempts
WHEN EXISTS (SELECT 1 FROM payment_attempts WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'table "payment_attempts" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER operation_resolutions_no_replace BEFORE INSERT ON operation_resolutions
WHEN EXISTS (SELECT 1 FROM operation_resolutions WHERE seq = NEW.seq OR op_id = NEW.op_id)
BEGIN
	SELECT RAISE(ABORT, 'table "operation_resolutions" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'table "audit_log" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER outside_movements_no_replace BEFORE INSERT ON outside_movements
WHEN EXISTS (SELECT 1 FROM outside_movements WHERE seq = NEW.seq OR event_id = NEW.event_id)
BEGIN
	SELECT RAISE(ABORT, 'table "outside_movements" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER notes_no_replace BEFORE INSERT ON notes
WHEN EXISTS (SELECT 1 FROM notes WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'table "notes" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER seals_no_replace BEFORE INSERT ON seals
WHEN EXISTS (SELECT 1 FROM seals WHERE book = NEW.book AND number = NEW.number)
BEGIN
	SELECT RAISE(ABORT, 'table "seals" is a record: its rows are never changed or deleted');
END;
