-- start.sql - pgbench: a start as the host records it: the key, the rental and its intents in
-- one commit, their outcomes and the answer in another. Each is one statement.
\set n :n + 1
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
