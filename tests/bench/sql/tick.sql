-- tick.sql - the bookkeeping of a tick as one hand-written statement, as if every charge had
-- succeeded and nobody could die in between: what is due, an operation and an attempt each.
WITH due AS (SELECT ctid AS tid, id, (extract(epoch FROM now() - started_at) / 3600
	* price_per_hour)::bigint - total_amount AS amount FROM rentals
	WHERE status = 'ACTIVE'),
u AS (UPDATE rentals r SET total_amount = r.total_amount + due.amount, version = r.version + 1,
	changed_at = rent_now_us() FROM due
	WHERE r.ctid = due.tid AND due.amount > 0 RETURNING r.id, due.amount),
o AS (INSERT INTO operations (id, rental_id, kind, purpose, state, amount, processed, tries, ref,
	created_at, resolved_at)
	SELECT 'op-' || id, id, 'charge', 'accrual', 'SUCCEEDED', amount, amount, 1, 'reference',
	rent_now_us(), rent_now_us() FROM u)
INSERT INTO payment_attempts (rental_id, amount, success) SELECT id, amount, true FROM u;
