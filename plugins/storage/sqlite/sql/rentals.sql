-- Rentals with their debt. Each statement gives the columns of row_rental_columns (core/rows.c),
-- and whether there are operations to be summed up by live_sums. Where a plan must not be left to
-- statistics that a fresh file does not have, the index is named.

-- name: rental_get
-- with: id text
SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider,
	r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount,
	r.created_at, r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until,
	r.work_at, r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live
		WHERE o.rental_id = r.id AND o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL'))
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
WHERE r.id = :id;

-- status '' is any. The row values are a keyset: newest first, before the last one of a page.
-- name: list_all
-- with: before text, id text, status text
SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider,
	r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount,
	r.created_at, r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until,
	r.work_at, r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live
		WHERE o.rental_id = r.id AND o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL'))
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
WHERE (r.created_at, r.id) < (:before, :id) AND (:status = '' OR r.status = :status)
ORDER BY r.created_at DESC, r.id DESC;

-- A status that few rentals have.
-- name: list_rare
-- with: before text, id text, status text
SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider,
	r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount,
	r.created_at, r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until,
	r.work_at, r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live
		WHERE o.rental_id = r.id AND o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL'))
FROM rentals r INDEXED BY rentals_rare LEFT JOIN debts d ON d.rental_id = r.id
WHERE (r.created_at, r.id) < (:before, :id) AND r.status = :status
	AND r.status <> 'FINISHED'
ORDER BY r.created_at DESC, r.id DESC;

-- name: list_user
-- with: before text, id text, status text, user text
SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider,
	r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount,
	r.created_at, r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until,
	r.work_at, r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live
		WHERE o.rental_id = r.id AND o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL'))
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
WHERE (r.created_at, r.id) < (:before, :id) AND (:status = '' OR r.status = :status)
	AND r.user_id = :user
ORDER BY r.created_at DESC, r.id DESC;

-- name: rental_holding
-- with: powerbank text
SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider,
	r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount,
	r.created_at, r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until,
	r.work_at, r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live
		WHERE o.rental_id = r.id AND o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL'))
FROM rentals r INDEXED BY rentals_powerbank LEFT JOIN debts d ON d.rental_id = r.id
WHERE r.powerbank_id = :powerbank AND r.powerbank_id <> 'PENDING' AND r.status = 'ACTIVE';

-- name: scan_active
-- with: after text, limit int
SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider,
	r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount,
	r.created_at, r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until,
	r.work_at, r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live
		WHERE o.rental_id = r.id AND o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL'))
FROM rentals r INDEXED BY rentals_live LEFT JOIN debts d ON d.rental_id = r.id
WHERE r.status = 'ACTIVE' AND r.id > :after
ORDER BY r.id
LIMIT :limit;

-- name: scan_debts
-- with: after text, limit int
SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider,
	r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount,
	r.created_at, r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until,
	r.work_at, r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live
		WHERE o.rental_id = r.id AND o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL'))
FROM debts d INDEXED BY debts_owing CROSS JOIN rentals r ON r.id = d.rental_id
WHERE d.amount_total > 0 AND d.rental_id > :after AND r.status IN ('FINISHED', 'BUYOUT')
ORDER BY d.rental_id
LIMIT :limit;

-- name: audit_page
-- with: after text, limit int
SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider,
	r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, r.total_amount,
	r.created_at, r.started_at, r.finished_at, r.version, r.lease_token, r.lease_until,
	r.work_at, r.work_tries, r.final_amount, d.amount_total, d.attempts, d.last_attempt_at,
	r.cabinet_id, r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at,
	r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at,
	r.outside_amount, r.outside_at,
	EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live
		WHERE o.rental_id = r.id AND o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL'))
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
WHERE r.id > :after
ORDER BY r.id
LIMIT :limit;

-- name: rental_exists
-- with: id text
SELECT 1 FROM rentals WHERE id = :id;

-- The condition of the partial index is repeated word for word, since that is how the library
-- proves that it applies.
-- name: live_sums
-- with: rental text
SELECT sum(iif(state <> 'MANUAL' AND kind IN ('charge', 'capture'), amount, 0)),
	sum(iif(state = 'MANUAL' AND kind IN ('charge', 'capture'), amount, 0)),
	sum(state <> 'MANUAL'),
	sum(iif(state <> 'MANUAL' AND purpose = 'debt', amount, 0))
FROM operations INDEXED BY operations_live
WHERE rental_id = :rental AND state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL');

-- Each debt is bounded, so that an absurd one does not overflow the sum of all.
-- name: totals
SELECT (SELECT count(*) FROM rentals WHERE status = 'ACTIVE'),
	(SELECT count(*) FROM rentals WHERE status = 'PENDING'),
	(SELECT count(*) FROM rentals WHERE settlement = 'PENDING'),
	(SELECT sum(min(amount_total, 1000000000000)) FROM debts WHERE amount_total > 0),
	(SELECT sum(state <> 'MANUAL') FROM operations
		WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')),
	(SELECT sum(state = 'MANUAL') FROM operations
		WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')),
	(SELECT min(work_at) FROM rentals WHERE work_at IS NOT NULL);

-- name: audit_sums
-- with: rental text, quote text?, powerbank text?
SELECT (SELECT sum(amount) FROM payment_attempts WHERE rental_id = :rental AND success),
	(SELECT sum(delta) FROM debt_journal WHERE rental_id = :rental),
	(SELECT count(*) FROM rentals WHERE quote_id = :quote AND id <> :rental),
	(SELECT count(*) FROM rentals WHERE status = 'ACTIVE' AND powerbank_id = :powerbank
		AND powerbank_id <> 'PENDING' AND id <> :rental),
	(SELECT count(*) FROM rentals WHERE status = 'PENDING' AND powerbank_id = :powerbank
		AND powerbank_id <> 'PENDING' AND id <> :rental),
	(SELECT count(*) FROM idempotency_keys
		WHERE rental_id = :rental AND scope NOT LIKE 'pay%'),
	-- A host of an older version may go on for a while after the migration.
	(SELECT count(*) FROM debt_journal j WHERE j.rental_id = :rental
		AND j.created_at > (SELECT datetime(applied_at, '+1 day') FROM schema_migrations
			WHERE version = 18)
		AND (SELECT rental_id FROM operations WHERE id = j.op_id) IS NOT j.rental_id),
	-- What extends a hold says how long it lasts from then on.
	(SELECT iif(min(ends_at) > 0, max(ends_at), 0) FROM (
		SELECT coalesce((
			SELECT coalesce(x.expires_at, 0) FROM operations x
			WHERE x.rental_id = :rental AND x.kind = 'hold' AND x.state = 'SUCCEEDED'
				AND x.target_id = p.id
			ORDER BY x.seq DESC LIMIT 1), p.expires_at, 0) AS ends_at
		FROM operations p
		WHERE p.rental_id = :rental AND p.kind = 'hold' AND p.state = 'SUCCEEDED'
			AND p.used < p.processed AND coalesce(p.target_id, '') = ''));

-- When a return undid its buyout, and what that took.
-- name: reopened_at
-- with: rental text
SELECT coalesce(max(created_at), 0) FROM notes WHERE rental_id = :rental AND kind = 'after_buyout';

-- All rentals of a user: how many, live ones, paid, debt; charges in flight, those of them that
-- collect debt, those in doubt. Each amount is bounded, as in totals.
-- name: user_sums
-- with: user text
SELECT count(*), sum(r.status IN ('PENDING', 'ACTIVE')), sum(min(r.total_amount, 1000000000000)),
	sum(min(d.amount_total, 1000000000000)),
	(SELECT sum(iif(o.state <> 'MANUAL' AND o.kind IN ('charge', 'capture'), o.amount, 0))
		FROM operations o INDEXED BY operations_live CROSS JOIN rentals u ON u.id = o.rental_id
		WHERE o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND u.user_id = :user),
	(SELECT sum(iif(o.state <> 'MANUAL' AND o.purpose = 'debt', o.amount, 0))
		FROM operations o INDEXED BY operations_live CROSS JOIN rentals u ON u.id = o.rental_id
		WHERE o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND u.user_id = :user),
	(SELECT sum(iif(o.state = 'MANUAL' AND o.kind IN ('charge', 'capture'), o.amount, 0))
		FROM operations o INDEXED BY operations_live CROSS JOIN rentals u ON u.id = o.rental_id
		WHERE o.state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND u.user_id = :user),
	sum(r.status IN ('FINISHED', 'BUYOUT') AND r.settlement = 'PENDING')
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
WHERE r.user_id = :user;

-- The same of everybody; it looks at every rental.
-- name: everybody_sums
SELECT count(*), sum(r.status IN ('PENDING', 'ACTIVE')), sum(min(r.total_amount, 1000000000000)),
	sum(min(d.amount_total, 1000000000000)),
	(SELECT sum(iif(state <> 'MANUAL' AND kind IN ('charge', 'capture'), amount, 0)) FROM operations INDEXED BY operations_live
		WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')),
	(SELECT sum(iif(state <> 'MANUAL' AND purpose = 'debt', amount, 0)) FROM operations INDEXED BY operations_live
		WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')),
	(SELECT sum(iif(state = 'MANUAL' AND kind IN ('charge', 'capture'), amount, 0)) FROM operations INDEXED BY operations_live
		WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')),
	sum(r.status IN ('FINISHED', 'BUYOUT') AND r.settlement = 'PENDING')
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id;

-- Rentals that still need their providers, each once, grouped by these. 'MANUAL' is in the condition so
-- that the index of what is not resolved is used.
-- name: unfinished
SELECT r.provider, r.provider_plugin, r.station_instance, r.station_plugin, count(*)
FROM rentals r WHERE r.id IN (
	SELECT id FROM rentals WHERE status = 'ACTIVE'
	UNION SELECT id FROM rentals WHERE status = 'PENDING'
	UNION SELECT id FROM rentals WHERE settlement = 'PENDING'
	UNION SELECT rental_id FROM operations
		WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND state <> 'MANUAL'
)
GROUP BY 1, 2, 3, 4;
