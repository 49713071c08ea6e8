-- How a person ended an operation in MANUAL: what he said became of it, why, and when. Written
-- in the transaction that ends the operation, never changed afterwards.

CREATE TABLE operation_resolutions (
	op_id       TEXT    NOT NULL PRIMARY KEY,
	rental_id   TEXT    NOT NULL,
	resolved_as TEXT    NOT NULL
		CHECK (resolved_as IN ('SUCCEEDED', 'DECLINED', 'NOT_EXECUTED')),
	amount      INTEGER NOT NULL CHECK (amount >= 0),
	reference   TEXT,
	reason      TEXT    NOT NULL CHECK (length(reason) > 0),
	resolved_by TEXT    NOT NULL CHECK (length(resolved_by) > 0),
	created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX operation_resolutions_rental ON operation_resolutions (rental_id, created_at);
