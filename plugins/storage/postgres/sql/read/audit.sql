-- A rental beside the sums of its single rows. It judges nothing.

-- The rows of a page are picked first: what is looked up for each is looked up for no row more.
-- name: audit_page
PREPARE audit_page (text, bigint) AS
SELECT
	r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, r.price_per_hour,
	r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount, r.created_at,
	r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until, r.work_at,
	r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, (SELECT rent_now_us()),
	a.taken, coalesce(o.charged, 0)::bigint, coalesce(o.refunded, 0)::bigint,
	coalesce(o.refunding, 0)::bigint, j.debt, o.open_takes, o.holds,
	coalesce(o.held, 0)::bigint, coalesce(o.hold_used, 0)::bigint,
	coalesce(o.captured, 0)::bigint, coalesce(o.released, 0)::bigint,
	coalesce(h.hold_expires_at, 0), o.overused, o.ejects, o.manual,
	coalesce(o.oldest_open_at, 0),
	(SELECT count(*) FROM rentals x WHERE x.quote_id = r.quote_id AND x.id <> r.id),
	CASE WHEN r.status IN ('PENDING', 'ACTIVE') AND r.powerbank_id <> 'PENDING' THEN
		(SELECT count(*) FROM rentals x WHERE x.powerbank_id = r.powerbank_id
			AND x.status = 'ACTIVE' AND x.powerbank_id <> 'PENDING' AND x.id <> r.id) +
		(SELECT count(*) FROM rentals x WHERE x.status = 'PENDING'
			AND x.powerbank_id = r.powerbank_id AND x.id <> r.id)
	ELSE 0 END,
	(SELECT count(*) FROM idempotency_keys k
		WHERE k.rental_id = r.id AND k.scope NOT LIKE 'pay%'),
	s2.resolved, s2.otherwise, o.settle_takes,
	(SELECT coalesce(sum(x.amount), 0)::bigint FROM outside_movements x WHERE x.rental_id = r.id),
	j.unnamed
FROM (SELECT * FROM rentals WHERE id > $1 ORDER BY id LIMIT $2) r
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
	SELECT coalesce(sum(amount), 0)::bigint AS taken
	FROM payment_attempts WHERE rental_id = r.id AND success
) a ON true
LEFT JOIN LATERAL (
	-- Hosts of an older version may go on for a while after the migration.
	SELECT coalesce(sum(delta), 0)::bigint AS debt,
		count(*) FILTER (WHERE created_at > (
				SELECT applied_at + interval '1 day' FROM schema_migrations
				WHERE version = 18)
			AND (SELECT rental_id FROM operations WHERE id = op_id)
				IS DISTINCT FROM r.id) AS unnamed
	FROM debt_journal WHERE rental_id = r.id
) j ON true
LEFT JOIN LATERAL (
	-- A return undid its buyout, and what that took.
	SELECT coalesce(max(created_at), 0) AS reopened_at FROM notes
	WHERE rental_id = r.id AND kind = 'after_buyout'
) n ON true
LEFT JOIN LATERAL (
	SELECT
		sum(processed) FILTER (WHERE kind IN ('charge', 'capture')) AS charged,
		sum(processed) FILTER (WHERE kind = 'refund'
			AND state NOT IN ('INTENT', 'PENDING', 'UNKNOWN')) AS refunded,
		sum(amount) FILTER (WHERE kind = 'refund' AND (state = 'MANUAL'
			OR state IN ('INTENT', 'PENDING', 'UNKNOWN'))) AS refunding,
		count(*) FILTER (WHERE kind IN ('charge', 'capture')
			AND state IN ('INTENT', 'PENDING', 'UNKNOWN')) AS open_takes,
		count(*) FILTER (WHERE kind = 'hold' AND state = 'SUCCEEDED'
			AND coalesce(target_id, '') = '') AS holds,
		sum(processed) FILTER (WHERE kind = 'hold' AND state = 'SUCCEEDED') AS held,
		sum(used) FILTER (WHERE kind = 'hold' AND state = 'SUCCEEDED') AS hold_used,
		sum(processed) FILTER (WHERE kind = 'capture') AS captured,
		sum(processed) FILTER (WHERE kind = 'release') AS released,
		count(*) FILTER (WHERE used > processed) AS overused,
		count(*) FILTER (WHERE kind = 'eject' AND state = 'SUCCEEDED') AS ejects,
		count(*) FILTER (WHERE state = 'MANUAL') AS manual,
		count(*) FILTER (WHERE kind IN ('charge', 'capture') AND purpose = 'settle'
			AND created_at >= n.reopened_at
			AND (processed > 0 OR state = 'MANUAL'
				OR state IN ('INTENT', 'PENDING', 'UNKNOWN'))) AS settle_takes,
		min(created_at) FILTER (WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN'))
			AS oldest_open_at
	FROM operations WHERE rental_id = r.id
) o ON true
LEFT JOIN LATERAL (
	-- What extends a hold says how long it lasts from then on.
	SELECT CASE WHEN min(e.ends_at) > 0 THEN max(e.ends_at) END AS hold_expires_at
	FROM (
		SELECT coalesce((
			SELECT coalesce(x.expires_at, 0) FROM operations x
			WHERE x.rental_id = r.id AND x.kind = 'hold' AND x.state = 'SUCCEEDED'
				AND x.target_id = p.id
			ORDER BY x.seq DESC LIMIT 1), p.expires_at, 0) AS ends_at
		FROM operations p
		WHERE p.rental_id = r.id AND p.kind = 'hold' AND p.state = 'SUCCEEDED'
			AND p.used < p.processed AND coalesce(p.target_id, '') = ''
	) e
) h ON true
LEFT JOIN LATERAL (
	SELECT count(*) AS resolved,
		count(*) FILTER (WHERE p.state IS DISTINCT FROM x.resolved_as
			OR p.processed IS DISTINCT FROM x.amount) AS otherwise
	FROM operation_resolutions x
	LEFT JOIN LATERAL (
		SELECT state, processed FROM operations WHERE id = x.op_id OFFSET 0
	) p ON true
	WHERE x.rental_id = r.id
) s2 ON true
ORDER BY r.id;
