-- tick_twice.sql - the bookkeeping of a tick as the rules want it, as two hand-written
-- statements: what is about to be charged is on the disk, and the rental leased, before a
-- charge is sent; the outcomes after it.
WITH due AS (SELECT ctx.tid, ctx.id, ctx.amount FROM (SELECT ctid AS tid, id,
	(extract(epoch FROM now() - started_at) / 3600 * price_per_hour)::bigint
	- total_amount AS amount FROM rentals WHERE status = 'ACTIVE') ctx WHERE ctx.amount > 0),
u AS (UPDATE rentals r SET version = r.version + 1, lease_token = 'token',
	lease_until = rent_now_us() + 30000000, work_at = rent_now_us() + 30000000,
	changed_at = rent_now_us() FROM due WHERE r.ctid = due.tid RETURNING r.id, due.amount)
INSERT INTO operations (id, rental_id, kind, purpose, amount, created_at)
SELECT 'op-' || id, id, 'charge', 'accrual', amount, rent_now_us() FROM u;
WITH o AS (UPDATE operations SET state = 'SUCCEEDED', processed = amount, tries = 1,
	ref = 'reference', resolved_at = rent_now_us() WHERE state = 'INTENT'
	RETURNING rental_id, amount),
u AS (UPDATE rentals r SET total_amount = r.total_amount + o.amount, version = r.version + 1,
	lease_token = NULL, lease_until = NULL, work_at = NULL, changed_at = rent_now_us()
	FROM o WHERE r.id = o.rental_id RETURNING r.id, o.amount)
INSERT INTO payment_attempts (rental_id, amount, success) SELECT id, amount, true FROM u;
