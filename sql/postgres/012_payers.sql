-- What the customer asked to pay with and where his provider sends him back (hold, and a charge that he
-- asked for), so that a repetition says the same; request_key is who asked for that charge, and under which
-- key. What his later charges are paid with, and since when they need him.

ALTER TABLE operations
	ADD COLUMN method_ref  text,
	ADD COLUMN return_url  text,
	ADD COLUMN request_key text COLLATE "C";
-- One operation per key.
CREATE UNIQUE INDEX operations_request ON operations (request_key) WHERE request_key IS NOT NULL;

ALTER TABLE rentals
	ADD COLUMN payment_method  text NOT NULL DEFAULT '',
	ADD COLUMN payer_needed_at bigint;
