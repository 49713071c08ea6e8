-- Seals of the books (debt_journal, payment_attempts, audit_log): what stood in a book up to a line when
-- it was sealed. Each hash is made of the one before and of the lines since, so that whoever rewrites a
-- line has to rewrite every later seal, and the log and the metrics of other machines have those.

CREATE TABLE seals (
	book       TEXT    NOT NULL,
	number     INTEGER NOT NULL CHECK (number > 0),
	upto_id    INTEGER NOT NULL,
	lines      INTEGER NOT NULL CHECK (lines > 0),
	digests    TEXT    NOT NULL,
	hash       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (book, number)
) STRICT;

CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals
BEGIN
	SELECT RAISE(ABORT, 'table "seals" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals
BEGIN
	SELECT RAISE(ABORT, 'table "seals" is a record: its rows are never changed or deleted');
END;
