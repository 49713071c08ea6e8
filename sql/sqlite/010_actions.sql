-- What the customer has to do for an open operation (rent/provider.h: enum rent_payment_action), the
-- address or token that belongs to it, and until when. It stays when the operation ends.

ALTER TABLE operations ADD COLUMN action TEXT;
ALTER TABLE operations ADD COLUMN action_value TEXT;
ALTER TABLE operations ADD COLUMN action_until INTEGER;
