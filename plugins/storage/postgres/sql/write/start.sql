-- The start of rentals: four statements for all starts of a batch, sent together.

-- Claims the keys that are new and whose quotes are there and the caller's own, and records the
-- rentals whose quotes can be used, with their intents. Which quotes can be used is the rule of start_judge_quote() in storage/core/start.h.
-- name: start
PREPARE start (text[], text[], text[], text[], text[], text[], text[], text[], text[], bigint[],
	text[], text[], bigint[], bigint[], bigint[], timestamptz[], text[], text[], text[], text[],
	text[], text[], text[], uuid) AS
WITH q AS MATERIALIZED (
	SELECT i.key, i.scope, i.fingerprint, i.quote_id, i.rental_id, i.hold_id, i.eject_id,
		i.provider, i.token, i.lease_us, i.cabinet_id, i.station_instance,
		i.provider_plugin, i.station_plugin, i.own, i.method, i.back,
		q.there IS NOT NULL OR i.user_id IS NOT NULL AS known,
		coalesce(q.user_id, i.user_id, u.user_id) AS user_id,
		coalesce(q.station_id, i.station_id) AS station_id,
		coalesce(q.price_per_hour, i.price_per_hour) AS price_per_hour,
		coalesce(q.free_period_min, i.free_period_min) AS free_period_min,
		coalesce(q.deposit, i.deposit) AS deposit,
		coalesce(q.expires_at, i.expires_at) AS expires_at
	FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
			$17, $18, $19, $20, $21, $22, $23)
		AS i (key, scope, fingerprint, quote_id, rental_id, hold_id, eject_id, provider,
			token, lease_us, user_id, station_id, price_per_hour, free_period_min,
			deposit, expires_at, cabinet_id, station_instance, provider_plugin,
			station_plugin, own, method, back)
	LEFT JOIN LATERAL (
		SELECT true AS there, user_id, station_id, price_per_hour, free_period_min,
			deposit, expires_at
		FROM quotes WHERE id = i.quote_id OFFSET 0
	) q ON true
	LEFT JOIN LATERAL (
		SELECT user_id FROM rentals
		WHERE quote_id = i.quote_id AND q.there IS NULL AND i.user_id IS NULL OFFSET 0
	) u ON true
), k AS (
	INSERT INTO idempotency_keys (key, scope, user_id, fingerprint, rental_id, created_at)
	SELECT key, scope, user_id, fingerprint, rental_id, rent_now() FROM q
	WHERE user_id IS NOT NULL AND (own IS NULL OR own = user_id)
	ON CONFLICT (key, scope) DO NOTHING
	RETURNING rental_id
), r AS (
	INSERT INTO rentals (id, user_id, station_id, quote_id, provider, price_per_hour,
		free_period_min, deposit, created_at, lease_token, lease_until, work_at, status,
		version, last_change, changed_at, cabinet_id, station_instance, provider_plugin,
		station_plugin, payment_method)
	SELECT q.rental_id, q.user_id, q.station_id, q.quote_id, q.provider, q.price_per_hour,
		q.free_period_min, q.deposit, rent_now(), q.token,
		(SELECT rent_now_us()) + q.lease_us, (SELECT rent_now_us()) + q.lease_us, 'PENDING',
		1, $24, (SELECT rent_now_us()), q.cabinet_id, q.station_instance,
		q.provider_plugin, q.station_plugin, q.method
	FROM q, k
	WHERE k.rental_id = q.rental_id AND q.known AND q.expires_at > rent_now()
	ON CONFLICT (quote_id) WHERE quote_id IS NOT NULL DO NOTHING
	RETURNING id, deposit
)
INSERT INTO operations (id, rental_id, kind, purpose, amount, created_at, method_ref, return_url)
SELECT o.id, r.id, o.kind, 'start', o.amount, (SELECT rent_now_us()), nullif(o.method, ''),
	nullif(o.back, '')
FROM r, q, LATERAL (VALUES (q.hold_id, 'hold', r.deposit, q.method, q.back),
	(q.eject_id, 'eject', 0, '', '')) o (id, kind, amount, method, back)
WHERE q.rental_id = r.id AND o.id IS NOT NULL AND (o.kind = 'eject' OR r.deposit > 0);

-- Answers the keys that were claimed and got no rental: their quote is unknown (1), expired (2)
-- or used (3), as start_judge_quote() would say.
-- name: start_refuse
PREPARE start_refuse (bigint[], text[], text[], text[], boolean[], text[], text[], text[], text[],
	text[], text[]) AS
UPDATE idempotency_keys k
SET rental_id = NULL, outcome = j.outcome, response_json = j.answer
FROM (
	SELECT t.tid,
		CASE w.what WHEN 1 THEN i.o1 WHEN 2 THEN i.o2 ELSE i.o3 END AS outcome,
		CASE w.what WHEN 1 THEN i.a1 WHEN 2 THEN i.a2 ELSE i.a3 END AS answer,
		i.n, w.what
	FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		AS i (n, key, rental_id, quote_id, cached, o1, a1, o2, a2, o3, a3)
	CROSS JOIN LATERAL (
		SELECT ctid AS tid FROM idempotency_keys
		WHERE key = i.key AND rental_id = i.rental_id OFFSET 0
	) t
	CROSS JOIN LATERAL (
		SELECT CASE
			WHEN (SELECT id FROM rentals WHERE quote_id = i.quote_id) IS NOT NULL THEN 3
			WHEN i.cached OR (SELECT id FROM quotes WHERE id = i.quote_id) IS NOT NULL
				THEN 2
			ELSE 1
		END AS what OFFSET 0
	) w
	WHERE (SELECT id FROM rentals WHERE id = i.rental_id) IS NULL
) j
WHERE k.ctid = j.tid
RETURNING j.n, j.what::bigint;

-- Takes over the rental of a key without an answer whose lease has run out.
-- name: start_resume
PREPARE start_resume (text[], text[], text[], text[], bigint[], uuid) AS
UPDATE rentals r
SET version = r.version + 1, lease_token = j.token,
	lease_until = (SELECT rent_now_us()) + j.lease_us,
	work_at = (SELECT rent_now_us()) + j.lease_us,
	last_change = $6, changed_at = (SELECT rent_now_us())
FROM (
	SELECT i.token, i.lease_us, t.tid
	FROM unnest($1, $2, $3, $4, $5) AS i (key, scope, fingerprint, token, lease_us)
	CROSS JOIN LATERAL (
		SELECT rental_id FROM idempotency_keys
		WHERE key = i.key AND scope = i.scope AND fingerprint = i.fingerprint
			AND outcome IS NULL OFFSET 0
	) k
	CROSS JOIN LATERAL (SELECT ctid AS tid FROM rentals WHERE id = k.rental_id OFFSET 0) t
) j
WHERE r.ctid = j.tid AND r.last_change IS DISTINCT FROM $6
	AND (r.lease_token IS NULL OR coalesce(r.lease_until, 0) <= (SELECT rent_now_us()));

-- What now stands under the keys, which is what is answered.
-- name: start_judge
PREPARE start_judge (bigint[], text[], text[], uuid) AS
SELECT i.n, k.scope, k.fingerprint, k.outcome, k.response_json, k.rental_id, r.id,
	r.lease_token, r.lease_until, r.user_id, r.station_id, r.price_per_hour,
	r.free_period_min, r.deposit, r.changed_at, r.version,
	coalesce(r.last_change = $4, false), (SELECT rent_now_us())
FROM unnest($1, $2, $3) AS i (n, key, scope)
CROSS JOIN LATERAL (
	SELECT scope, fingerprint, outcome, response_json, rental_id FROM idempotency_keys
	WHERE key = i.key AND scope = i.scope OFFSET 0
) k
LEFT JOIN LATERAL (
	SELECT id, lease_token, lease_until, user_id, station_id, price_per_hour,
		free_period_min, deposit, changed_at, version, last_change
	FROM rentals WHERE id = k.rental_id OFFSET 0
) r ON true;
