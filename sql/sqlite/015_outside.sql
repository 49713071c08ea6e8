-- What a payment provider did by itself with money that we took: disputes, and refunds made by hand. A row
-- for each report of it, never changed. amount lowers what is paid; that of a reversal is negative. The sum
-- stands in the rental, together with the time of the last row.

CREATE TABLE outside_movements (
	event_id     TEXT NOT NULL PRIMARY KEY,
	rental_id    TEXT NOT NULL,
	operation_id TEXT NOT NULL,
	kind         TEXT NOT NULL
		CHECK (kind IN ('DISPUTE', 'CHARGEBACK', 'EXTERNAL_REFUND', 'REVERSAL')),
	amount       INTEGER NOT NULL,
	ref          TEXT NOT NULL,
	note         TEXT NOT NULL,
	created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX outside_movements_rental ON outside_movements (rental_id, created_at);
CREATE TRIGGER outside_movements_no_update BEFORE UPDATE ON outside_movements
BEGIN
	SELECT RAISE(ABORT, 'table "outside_movements" is a record: its rows are never changed or deleted');
END;
CREATE TRIGGER outside_movements_no_delete BEFORE DELETE ON outside_movements
BEGIN
	SELECT RAISE(ABORT, 'table "outside_movements" is a record: its rows are never changed or deleted');
END;

ALTER TABLE rentals ADD COLUMN outside_amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rentals ADD COLUMN outside_at INTEGER;

-- A report names what was taken by the provider's reference.
CREATE INDEX operations_taken ON operations (ref)
	WHERE kind IN ('charge', 'capture') AND state = 'SUCCEEDED';
