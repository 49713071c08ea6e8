-- How a person ended an operation in MANUAL: what he said became of it, why, and when. Written
-- in the transaction that ends the operation, never changed afterwards.

CREATE TABLE operation_resolutions (
	op_id       text COLLATE "C" NOT NULL PRIMARY KEY,
	rental_id   text COLLATE "C" NOT NULL,
	resolved_as text COLLATE "C" NOT NULL
		CHECK (resolved_as IN ('SUCCEEDED', 'DECLINED', 'NOT_EXECUTED')),
	amount      bigint NOT NULL CHECK (amount >= 0),
	reference   text,
	reason      text NOT NULL CHECK (length(reason) > 0),
	resolved_by text COLLATE "C" NOT NULL CHECK (length(resolved_by) > 0),
	created_at  bigint NOT NULL
);

CREATE INDEX operation_resolutions_rental ON operation_resolutions (rental_id, created_at);
