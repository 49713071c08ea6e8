-- Who did what, when and why: a row for every start, stop, payment and resolution that somebody asked
-- for, written in the transaction of what it is about, never changed afterwards. subject, role, issuer
-- and key_id are what was proven of the sender, claimed_by and reason what the sender said.

CREATE TABLE audit_log (
	id         INTEGER NOT NULL PRIMARY KEY,
	at         INTEGER NOT NULL,
	action     TEXT    NOT NULL,
	rental_id  TEXT    NOT NULL,
	op_id      TEXT,
	subject    TEXT,
	role       TEXT,
	issuer     TEXT,
	key_id     TEXT,
	peer       TEXT,
	request_id TEXT,
	claimed_by TEXT,
	reason     TEXT
) STRICT;

CREATE INDEX audit_log_rental ON audit_log (rental_id);

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN
	SELECT RAISE(ABORT, 'table "audit_log" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN
	SELECT RAISE(ABORT, 'table "audit_log" is a record: its rows are never changed or deleted');
END;
