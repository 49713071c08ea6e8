-- What a payment provider did by itself with money that we took: disputes, and refunds made by hand. A row
-- for each report of it, never changed. amount lowers what is paid; that of a reversal is negative. The sum
-- stands in the rental, together with the time of the last row.

CREATE TABLE outside_movements (
	event_id     text COLLATE "C" NOT NULL PRIMARY KEY,
	rental_id    text COLLATE "C" NOT NULL,
	operation_id text COLLATE "C" NOT NULL,
	kind         text COLLATE "C" NOT NULL
		CHECK (kind IN ('DISPUTE', 'CHARGEBACK', 'EXTERNAL_REFUND', 'REVERSAL')),
	amount       bigint NOT NULL,
	ref          text COLLATE "C" NOT NULL,
	note         text NOT NULL,
	created_at   bigint NOT NULL
);

CREATE INDEX outside_movements_rental ON outside_movements (rental_id, created_at);
CREATE TRIGGER outside_movements_append_only BEFORE UPDATE OR DELETE ON outside_movements
	FOR EACH STATEMENT EXECUTE FUNCTION rent_append_only();

-- A report names what was taken by the provider's reference.
CREATE INDEX operations_taken ON operations (ref)
	WHERE kind IN ('charge', 'capture') AND state = 'SUCCEEDED';

-- Last: until the end of this migration nobody else can read the table.
ALTER TABLE rentals
	ADD COLUMN outside_amount bigint NOT NULL DEFAULT 0,
	ADD COLUMN outside_at     bigint;
