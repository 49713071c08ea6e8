-- What happened to a rental that no operation says: lines in its trail, written in the transaction that
-- did it. A record: rows are added and never changed (011_append_only.sql). And the operation of a request
-- of the customer is found by the part of its key before the dash, under the index that is there.

CREATE TABLE notes (
	id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	rental_id  TEXT    NOT NULL,
	kind       TEXT    NOT NULL,
	text       TEXT    NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX notes_rental ON notes (rental_id, id);

CREATE TRIGGER notes_no_update BEFORE UPDATE ON notes
BEGIN
	SELECT RAISE(ABORT, 'table "notes" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER notes_no_delete BEFORE DELETE ON notes
BEGIN
	SELECT RAISE(ABORT, 'table "notes" is a record: its rows are never changed or deleted');
END;
