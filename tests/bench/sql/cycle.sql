-- cycle.sql - pgbench: quote, start, status, stop, one after the other: five commits.
\set n :n + 1
INSERT INTO quotes (id, user_id, station_id, price_per_hour, free_period_min, deposit, expires_at)
VALUES ('q-' || :run::text || '-' || :client_id::text || '-' || :n::text,
	'user-' || :client_id::text, 'some-station-id', 60, 5, 300, now() + interval '1 hour');
WITH q AS (SELECT * FROM quotes
	WHERE id = 'q-' || :run::text || '-' || :client_id::text || '-' || :n::text
	AND expires_at > now()),
k AS (INSERT INTO idempotency_keys (key, scope, user_id, fingerprint, rental_id)
	SELECT 'k' || id, 'start', user_id, 'f', 'r' || id FROM q
	ON CONFLICT (key, scope) DO NOTHING RETURNING rental_id),
r AS (INSERT INTO rentals (id, user_id, station_id, quote_id, provider, price_per_hour,
	free_period_min, deposit, lease_token, lease_until, work_at, status, version)
	SELECT k.rental_id, q.user_id, q.station_id, q.id, 'payment', q.price_per_hour,
	q.free_period_min, q.deposit, 'token', rent_now_us() + 30000000, rent_now_us() + 30000000,
	'PENDING', 1 FROM q, k RETURNING id, deposit)
INSERT INTO operations (id, rental_id, kind, purpose, amount, created_at)
SELECT o.kind || r.id, r.id, o.kind, 'start', o.amount, rent_now_us()
FROM r, LATERAL (VALUES ('hold', r.deposit), ('eject', 0)) o (kind, amount);
WITH r AS (UPDATE rentals SET status = 'ACTIVE', powerbank_id = 'PB' || id, started_at = now(),
	version = version + 1, lease_token = NULL, lease_until = NULL, work_at = NULL
	WHERE id = 'rq-' || :run::text || '-' || :client_id::text || '-' || :n::text
	AND version = 1 RETURNING id),
o AS (UPDATE operations SET state = 'SUCCEEDED', processed = amount, resolved_at = rent_now_us(),
	tries = tries + 1, ref = 'reference', result = 'PB' || rental_id
	WHERE rental_id = (SELECT id FROM r) AND state = 'INTENT')
UPDATE idempotency_keys SET outcome = 'STARTED', response_json = '{"order_id": "an answer"}'
WHERE rental_id = (SELECT id FROM r);
SELECT r.*, d.amount_total, d.attempts, d.last_attempt_at, o.*
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
LEFT JOIN operations o ON o.rental_id = r.id
WHERE r.id = 'rq-' || :run::text || '-' || :client_id::text || '-' || :n::text ORDER BY o.seq;
SELECT r.*, d.amount_total, d.attempts, d.last_attempt_at, o.*
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
LEFT JOIN operations o ON o.rental_id = r.id
WHERE r.id = 'rq-' || :run::text || '-' || :client_id::text || '-' || :n::text ORDER BY o.seq;
WITH r AS (UPDATE rentals SET status = 'FINISHED', settlement = 'PENDING', finished_at = now(),
	final_amount = 0, version = version + 1, lease_token = 'token',
	lease_until = rent_now_us() + 30000000, work_at = rent_now_us() + 30000000
	WHERE id = 'rq-' || :run::text || '-' || :client_id::text || '-' || :n::text AND status = 'ACTIVE'
	RETURNING id, deposit),
h AS (UPDATE operations SET used = used + amount
	WHERE rental_id = (SELECT id FROM r) AND kind = 'hold' RETURNING id)
INSERT INTO operations (id, rental_id, target_id, kind, purpose, amount, created_at)
SELECT 'release' || r.id, r.id, h.id, 'release', 'settle', r.deposit, rent_now_us() FROM r, h;
WITH o AS (UPDATE operations SET state = 'SUCCEEDED', processed = amount,
	resolved_at = rent_now_us(), tries = tries + 1, ref = 'reference'
	WHERE rental_id = 'rq-' || :run::text || '-' || :client_id::text || '-' || :n::text AND state = 'INTENT'
	RETURNING rental_id)
UPDATE rentals SET settlement = 'DONE', version = version + 1, lease_token = NULL,
	lease_until = NULL, work_at = NULL WHERE id = (SELECT rental_id FROM o);
