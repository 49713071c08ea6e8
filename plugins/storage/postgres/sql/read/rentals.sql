-- Rentals, with what is known of their debts and the sums over their operations that are not
-- resolved. Each statement gives the columns of row_rental_columns (core/rows.c), the four sums,
-- and the time; then those of row_op_columns where it gives operations as well. Repeating them
-- is what lets each statement run as it stands.
--
-- OFFSET 0 keeps the planner from turning a join round: a plan made while the tables are empty
-- would scan them whole for every call, long after they have grown.

-- The operations are those that rent/storage.h wants shown with a rental, in that order.
-- name: rental_get
PREPARE rental_get (text) AS
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
FROM rentals r
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
WHERE r.id = $1
ORDER BY o.grp, o.ord;

-- Several, each with its first operations only, one more than a rental is shown with: view.c
-- chooses and adds them up. A row is a rental or one operation, the rental first, so that its
-- columns are sent once. Two index scans and that cost less than rental_get.
-- name: rental_few
PREPARE rental_few (bigint[], text[]) AS
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	0::bigint, 0::bigint, 0::bigint, 0::bigint, (SELECT rent_now_us()),
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL,
	i.n, NULL AS seq
FROM unnest($1, $2) AS i (n, id)
CROSS JOIN LATERAL (SELECT * FROM rentals WHERE id = i.id OFFSET 0) r
LEFT JOIN LATERAL (
	SELECT amount_total, attempts, last_attempt_at FROM debts
	WHERE rental_id = r.id OFFSET 0
) d ON true
UNION ALL
SELECT
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL,
	o.id, o.rental_id, o.target_id, o.ref, o.result, o.note, o.kind, o.purpose, o.state,
	o.amount, o.processed, o.used, o.tries, o.created_at, o.resolved_at, o.expires_at,
	o.action, o.action_value, o.action_until, o.method_ref, o.return_url, o.request_key,
	i.n, o.seq
FROM unnest($1, $2) AS i (n, id)
CROSS JOIN LATERAL (
	SELECT seq, id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
		processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
	FROM operations WHERE rental_id = i.id ORDER BY seq LIMIT 65
) o
ORDER BY n, seq NULLS FIRST;

-- name: list_all
PREPARE list_all (timestamptz, text, text, bigint) AS
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, (SELECT rent_now_us())
FROM rentals r
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
WHERE (r.created_at, r.id) < ($1, $2) AND ($3 IS NULL OR r.status = $3)
ORDER BY r.created_at DESC, r.id DESC LIMIT $4;

-- A status that few rentals have: rentals_rare.
-- name: list_rare
PREPARE list_rare (timestamptz, text, text, bigint) AS
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, (SELECT rent_now_us())
FROM rentals r
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
WHERE (r.created_at, r.id) < ($1, $2) AND r.status = $3
	AND r.status <> 'FINISHED'
ORDER BY r.created_at DESC, r.id DESC LIMIT $4;

-- name: list_user
PREPARE list_user (timestamptz, text, text, bigint, text) AS
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, (SELECT rent_now_us())
FROM rentals r
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
WHERE (r.created_at, r.id) < ($1, $2) AND ($3 IS NULL OR r.status = $3) AND r.user_id = $5
ORDER BY r.created_at DESC, r.id DESC LIMIT $4;

-- name: rental_holding
PREPARE rental_holding (text) AS
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, (SELECT rent_now_us())
FROM rentals r
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
WHERE r.powerbank_id = $1 AND r.powerbank_id <> 'PENDING' AND r.status = 'ACTIVE';

-- name: scan_active
PREPARE scan_active (text, bigint) AS
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, (SELECT rent_now_us())
FROM rentals r
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
WHERE r.status = 'ACTIVE' AND r.id > $1
ORDER BY r.id LIMIT $2;

-- With the hold of each.
-- name: scan_held
PREPARE scan_held (text, bigint) AS
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
FROM rentals r
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
	SELECT * FROM operations
	WHERE rental_id = r.id AND kind IN ('hold', 'eject') AND kind = 'hold'
	ORDER BY seq DESC LIMIT 1
) o ON true
WHERE r.status = 'ACTIVE' AND r.id > $1
ORDER BY r.id LIMIT $2;

-- name: scan_debts
PREPARE scan_debts (text, bigint) AS
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, (SELECT rent_now_us())
FROM (
	SELECT r.*, d.amount_total AS debt
	FROM debts d
	CROSS JOIN LATERAL (
		SELECT * FROM rentals
		WHERE id = d.rental_id AND status IN ('FINISHED', 'BUYOUT') OFFSET 0
	) r
	WHERE d.amount_total > 0 AND d.rental_id > $1
	ORDER BY d.rental_id LIMIT $2
) r
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
ORDER BY r.id;

-- name: totals
PREPARE totals AS
SELECT
	(SELECT count(*) FROM rentals WHERE status = 'ACTIVE'),
	(SELECT count(*) FROM rentals WHERE status = 'PENDING'),
	(SELECT count(*) FROM rentals WHERE settlement = 'PENDING'),
	(SELECT coalesce(sum(amount_total), 0)::bigint FROM debts WHERE amount_total > 0),
	(SELECT count(*) FROM operations
	WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND state <> 'MANUAL'),
	(SELECT count(*) FROM operations
	WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND state = 'MANUAL'),
	greatest(0, rent_now_us() - (SELECT min(work_at) FROM rentals WHERE work_at IS NOT NULL));

-- All rentals of a user: how many, live ones, paid, debt; charges in flight, those of them that
-- collect debt, those in doubt.
-- name: user_sums
PREPARE user_sums (text) AS
SELECT
	count(*), count(*) FILTER (WHERE r.status IN ('PENDING', 'ACTIVE')),
	coalesce(sum(r.total_amount), 0)::bigint, coalesce(sum(d.amount_total), 0)::bigint,
	coalesce(sum(s.in_flight), 0)::bigint, coalesce(sum(s.in_flight_debt), 0)::bigint,
	coalesce(sum(s.in_doubt), 0)::bigint,
	count(*) FILTER (WHERE r.status IN ('FINISHED', 'BUYOUT') AND r.settlement = 'PENDING')
FROM rentals r
LEFT JOIN LATERAL (
	SELECT amount_total FROM debts WHERE rental_id = r.id OFFSET 0
) d ON true
LEFT JOIN LATERAL (
	SELECT
		sum(amount) FILTER (WHERE state <> 'MANUAL'
			AND kind IN ('charge', 'capture')) AS in_flight,
		sum(amount) FILTER (WHERE state <> 'MANUAL' AND purpose = 'debt'
			AND kind IN ('charge', 'capture')) AS in_flight_debt,
		sum(amount) FILTER (WHERE state = 'MANUAL'
			AND kind IN ('charge', 'capture')) AS in_doubt
	FROM operations
	WHERE rental_id = r.id AND state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')
) s ON true
WHERE r.user_id = $1;

-- The same of everybody; it looks at every rental.
-- name: everybody_sums
PREPARE everybody_sums AS
SELECT
	count(*), count(*) FILTER (WHERE r.status IN ('PENDING', 'ACTIVE')),
	coalesce(sum(r.total_amount), 0)::bigint, coalesce(sum(d.amount_total), 0)::bigint,
	coalesce(sum(s.in_flight), 0)::bigint, coalesce(sum(s.in_flight_debt), 0)::bigint,
	coalesce(sum(s.in_doubt), 0)::bigint,
	count(*) FILTER (WHERE r.status IN ('FINISHED', 'BUYOUT') AND r.settlement = 'PENDING')
FROM rentals r
LEFT JOIN LATERAL (
	SELECT amount_total FROM debts WHERE rental_id = r.id OFFSET 0
) d ON true
LEFT JOIN LATERAL (
	SELECT
		sum(amount) FILTER (WHERE state <> 'MANUAL'
			AND kind IN ('charge', 'capture')) AS in_flight,
		sum(amount) FILTER (WHERE state <> 'MANUAL' AND purpose = 'debt'
			AND kind IN ('charge', 'capture')) AS in_flight_debt,
		sum(amount) FILTER (WHERE state = 'MANUAL'
			AND kind IN ('charge', 'capture')) AS in_doubt
	FROM operations
	WHERE rental_id = r.id AND state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')
) s ON true;

-- Rentals that still need their providers, each once, grouped by these. 'MANUAL' is in the condition so
-- that the index of what is not resolved is used.
-- name: unfinished
PREPARE unfinished AS
SELECT r.provider, r.provider_plugin, r.station_instance, r.station_plugin, count(*)
FROM (
	SELECT id FROM rentals WHERE status = 'ACTIVE'
	UNION SELECT id FROM rentals WHERE status = 'PENDING'
	UNION SELECT id FROM rentals WHERE settlement = 'PENDING'
	UNION SELECT rental_id FROM operations
		WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND state <> 'MANUAL'
) u
CROSS JOIN LATERAL (
	SELECT provider, provider_plugin, station_instance, station_plugin
	FROM rentals WHERE id = u.id OFFSET 0
) r
GROUP BY 1, 2, 3, 4;
