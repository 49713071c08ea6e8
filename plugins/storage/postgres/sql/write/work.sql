-- Leases of rentals whose time has come, and what is deleted when it is old.

-- Concurrent callers skip each other's rows. The columns are those of rental_get.
-- name: claim
PREPARE claim (bigint, text, bigint, uuid) AS
WITH due AS MATERIALIZED (
	SELECT ctid AS tid FROM rentals
	WHERE work_at <= (SELECT rent_now_us())
		AND (lease_until IS NULL OR lease_until <= (SELECT rent_now_us()))
	ORDER BY work_at LIMIT $1 FOR UPDATE SKIP LOCKED
), r AS (
	UPDATE rentals r
	SET version = r.version + 1, lease_token = $2,
		lease_until = (SELECT rent_now_us()) + $3,
		last_change = $4, changed_at = (SELECT rent_now_us())
	FROM due WHERE r.ctid = due.tid
	RETURNING r.*
)
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, (SELECT rent_now_us()),
	o.id, o.rental_id, o.target_id, o.ref, o.result, o.note, o.kind, o.purpose, o.state,
	o.amount, o.processed, o.used, o.tries, o.created_at, o.resolved_at, o.expires_at,
	o.action, o.action_value, o.action_until, o.method_ref, o.return_url, o.request_key
FROM r
LEFT JOIN LATERAL (
	SELECT amount_total, attempts, last_attempt_at FROM debts
	WHERE rental_id = r.id OFFSET 0
) d ON true
LEFT JOIN LATERAL (
	SELECT
		coalesce(sum(amount) FILTER (WHERE state <> 'MANUAL'
			AND kind IN ('charge', 'capture')), 0)::bigint AS in_flight,
		coalesce(sum(amount) FILTER (WHERE state <> 'MANUAL' AND purpose = 'debt'
			AND kind IN ('charge', 'capture')), 0)::bigint AS in_flight_debt,
		coalesce(sum(amount) FILTER (WHERE state = 'MANUAL'
			AND kind IN ('charge', 'capture')), 0)::bigint AS in_doubt,
		count(*) FILTER (WHERE state <> 'MANUAL') AS open_ops
	FROM operations
	WHERE rental_id = r.id AND state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')
) s ON true
LEFT JOIN LATERAL (
	(SELECT 0 AS grp, CASE kind WHEN 'hold' THEN -seq ELSE 1 END AS ord,
		id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
		processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
	FROM operations WHERE rental_id = r.id AND kind IN ('hold', 'eject')
	ORDER BY kind, coalesce(target_id, '') = '' AND processed > used DESC, seq DESC LIMIT 17)
	UNION ALL
	(SELECT 1, seq,
		id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
		processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
	FROM operations WHERE rental_id = r.id
		AND state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND state <> 'MANUAL'
		AND kind NOT IN ('hold', 'eject') ORDER BY seq LIMIT 61)
	UNION ALL
	(SELECT 2, -seq,
		id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
		processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
	FROM operations WHERE rental_id = r.id AND purpose = 'settle'
		AND state NOT IN ('INTENT', 'PENDING', 'UNKNOWN')
		AND kind NOT IN ('hold', 'eject') ORDER BY seq DESC LIMIT 61)
	UNION ALL
	(SELECT 3, 0,
		id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
		processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
	FROM operations WHERE rental_id = r.id AND kind IN ('charge', 'capture')
		AND processed > used ORDER BY seq DESC LIMIT 1)
) o ON true
ORDER BY r.work_at, r.id, o.grp, o.ord;

-- name: purge_quotes
PREPARE purge_quotes (bigint, bigint) AS
DELETE FROM quotes WHERE ctid = ANY (ARRAY(
	SELECT ctid FROM quotes
	WHERE expires_at < rent_now() - $1 * interval '1 microsecond'
	ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- Keys of rentals that are live or not settled stay.
-- name: purge_keys
PREPARE purge_keys (bigint, bigint) AS
DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
	SELECT k.ctid FROM idempotency_keys k
	WHERE k.created_at < rent_now() - $1 * interval '1 microsecond'
		AND coalesce((
			SELECT r.status NOT IN ('PENDING', 'ACTIVE') AND r.settlement <> 'PENDING'
			FROM rentals r WHERE r.id = k.rental_id), true)
	ORDER BY k.created_at LIMIT $2 FOR UPDATE SKIP LOCKED));
