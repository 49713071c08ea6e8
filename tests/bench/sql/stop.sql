-- stop.sql - pgbench: a stop as the host records it: a read, the end and what is left to do in
-- one commit, its outcome in another.
\set n :n + 1
\set i :client_id + :n * :clients
SELECT r.*, d.amount_total, d.attempts, d.last_attempt_at, o.*
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
LEFT JOIN operations o ON o.rental_id = r.id
WHERE r.id = 'rm-' || :run::text || '-' || :i::text ORDER BY o.seq;
WITH r AS (UPDATE rentals SET status = 'FINISHED', settlement = 'PENDING', finished_at = now(),
	final_amount = 0, version = version + 1, lease_token = 'token',
	lease_until = rent_now_us() + 30000000, work_at = rent_now_us() + 30000000
	WHERE id = 'rm-' || :run::text || '-' || :i::text AND status = 'ACTIVE'
	RETURNING id, deposit),
h AS (UPDATE operations SET used = used + amount
	WHERE rental_id = (SELECT id FROM r) AND kind = 'hold' RETURNING id)
INSERT INTO operations (id, rental_id, target_id, kind, purpose, amount, created_at)
SELECT 'release' || r.id, r.id, h.id, 'release', 'settle', r.deposit, rent_now_us() FROM r, h;
WITH o AS (UPDATE operations SET state = 'SUCCEEDED', processed = amount,
	resolved_at = rent_now_us(), tries = tries + 1, ref = 'reference'
	WHERE rental_id = 'rm-' || :run::text || '-' || :i::text AND state = 'INTENT'
	RETURNING rental_id)
UPDATE rentals SET settlement = 'DONE', version = version + 1, lease_token = NULL,
	lease_until = NULL, work_at = NULL WHERE id = (SELECT rental_id FROM o);
