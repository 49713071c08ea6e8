-- What the customer asked to pay with and where his provider sends him back (hold, and a charge that he
-- asked for), so that a repetition says the same; request_key is who asked for that charge, and under which
-- key. What his later charges are paid with, and since when they need him.

ALTER TABLE operations ADD COLUMN method_ref TEXT;
ALTER TABLE operations ADD COLUMN return_url TEXT;
ALTER TABLE operations ADD COLUMN request_key TEXT;
-- One operation per key.
CREATE UNIQUE INDEX operations_request ON operations (request_key) WHERE request_key IS NOT NULL;

ALTER TABLE rentals ADD COLUMN payment_method TEXT NOT NULL DEFAULT '';
ALTER TABLE rentals ADD COLUMN payer_needed_at INTEGER;
