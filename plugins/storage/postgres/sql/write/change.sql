-- What a change does. The first statement checks every guard and moves the rentals, marking in
-- rentals.last_change those that it lets through; the statements that follow in the same
-- transaction apply to rentals that bear the mark ($1).
--
-- Each takes arrays, a row of the batch at each index, in the order in which rows are to be
-- locked. Rows are found by LATERAL (… OFFSET 0) and changed by their ctid within one statement,
-- and conditions are scalar subqueries where EXISTS would read better: no plan but an index probe
-- for each row is possible, whatever the statistics were when it was made.

-- A version decides alone between concurrent changes: a row that moved on while we waited for it
-- is looked at again with its new version, and left. -infinity stands for RENT_DB_NOW.
-- name: change_rentals
PREPARE change_rentals (bigint[], text[], bigint[], bigint[], text[], bigint[], text[], text[],
	text[], timestamptz[], timestamptz[], bigint[], bigint[], bigint[], text[], text[], text[],
	text[], text[], text[], text[], text[], bigint[], text[], text[], text[], text[], bigint[],
	bigint[], text[], text[], bigint[], uuid) AS
UPDATE rentals r
SET version = r.version + 1,
	lease_token = CASE j.lease WHEN 0 THEN r.lease_token WHEN 3 THEN NULL ELSE j.token END,
	lease_until = CASE j.lease WHEN 0 THEN r.lease_until WHEN 3 THEN NULL
		ELSE j.us + j.lease_us END,
	work_at = CASE WHEN j.work_in < 0 THEN NULL ELSE j.us + j.work_in END,
	work_tries = j.work_tries,
	total_amount = r.total_amount + j.paid,
	final_amount = coalesce(nullif(j.final, -1), r.final_amount),
	provider_plugin = CASE r.provider WHEN '' THEN coalesce(j.plugin, r.provider_plugin)
		ELSE r.provider_plugin END,
	provider = CASE r.provider WHEN '' THEN coalesce(j.provider, '') ELSE r.provider END,
	status = coalesce(j.status, r.status),
	settlement = coalesce(j.settlement, r.settlement),
	powerbank_id = coalesce(j.powerbank, r.powerbank_id),
	started_at = CASE
		WHEN j.started_at IS NULL THEN r.started_at
		WHEN j.started_at = '-infinity' THEN rent_now()
		ELSE j.started_at
	END,
	finished_at = CASE
		WHEN j.finished_at IS NULL THEN r.finished_at
		WHEN j.finished_at = '-infinity' THEN rent_now()
		ELSE j.finished_at
	END,
	ended_by = coalesce(j.ended_by, r.ended_by),
	return_station_id = coalesce(j.place, r.return_station_id),
	stop_asked_at = CASE j.asked WHEN 0 THEN r.stop_asked_at WHEN -1 THEN j.us
		WHEN -2 THEN NULL ELSE j.asked END,
	payment_method = coalesce(j.method, r.payment_method),
	payer_needed_at = CASE j.needed WHEN 0 THEN r.payer_needed_at WHEN -1 THEN j.us
		WHEN -2 THEN NULL ELSE j.needed END,
	last_change = $33,
	changed_at = j.us
FROM (
	SELECT i.*, t.tid, n.us
	FROM (SELECT rent_now_us() AS us OFFSET 0) n,
		unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
			$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)
		AS i (n, id, version, lease, token, lease_us, status, settlement, powerbank,
			started_at, finished_at, paid, work_in, work_tries, e0, e1, e2, e3, t0, t1,
			t2, t3, final, provider, resolves, ended_by, place, asked, undeposited,
			plugin, method, needed)
	CROSS JOIN LATERAL (SELECT ctid AS tid FROM rentals WHERE id = i.id OFFSET 0) t
) j
WHERE r.ctid = j.tid
	AND r.version = j.version
	AND CASE j.lease
		WHEN 0 THEN true
		WHEN 1 THEN r.lease_token IS NULL OR coalesce(r.lease_until, 0) <= j.us
			OR r.lease_token = j.token
		ELSE r.lease_token = j.token
	END
	AND (j.status IS NULL OR r.status = j.status OR (r.status, j.status) IN (
		('PENDING', 'ACTIVE'), ('PENDING', 'FAILED'), ('ACTIVE', 'FINISHED'),
		('ACTIVE', 'BUYOUT'), ('BUYOUT', 'FINISHED')))
	AND (j.e0 IS NULL OR (
		SELECT o.rental_id = r.id AND CASE WHEN o.id = j.resolves THEN o.state = 'MANUAL'
			ELSE o.state IN ('INTENT', 'PENDING', 'UNKNOWN') END
		FROM operations o WHERE o.id = j.e0))
	AND (j.e1 IS NULL OR (
		SELECT o.rental_id = r.id AND CASE WHEN o.id = j.resolves THEN o.state = 'MANUAL'
			ELSE o.state IN ('INTENT', 'PENDING', 'UNKNOWN') END
		FROM operations o WHERE o.id = j.e1))
	AND (j.e2 IS NULL OR (
		SELECT o.rental_id = r.id AND CASE WHEN o.id = j.resolves THEN o.state = 'MANUAL'
			ELSE o.state IN ('INTENT', 'PENDING', 'UNKNOWN') END
		FROM operations o WHERE o.id = j.e2))
	AND (j.e3 IS NULL OR (
		SELECT o.rental_id = r.id AND CASE WHEN o.id = j.resolves THEN o.state = 'MANUAL'
			ELSE o.state IN ('INTENT', 'PENDING', 'UNKNOWN') END
		FROM operations o WHERE o.id = j.e3))
	AND (j.t0 IS NULL OR (
		SELECT o.rental_id = r.id FROM operations o WHERE o.id = j.t0))
	AND (j.t1 IS NULL OR (
		SELECT o.rental_id = r.id FROM operations o WHERE o.id = j.t1))
	AND (j.t2 IS NULL OR (
		SELECT o.rental_id = r.id FROM operations o WHERE o.id = j.t2))
	AND (j.t3 IS NULL OR (
		SELECT o.rental_id = r.id FROM operations o WHERE o.id = j.t3))
	AND (j.powerbank IS NULL OR j.powerbank = 'PENDING' OR coalesce((
		SELECT x.id = r.id FROM rentals x
		WHERE x.powerbank_id = j.powerbank AND x.status = 'ACTIVE'
			AND x.powerbank_id <> 'PENDING'), true))
	AND (j.undeposited = 0 OR (
		SELECT u.rental_id = r.id FROM undeposited_rentals u WHERE u.rental_id = r.id))
RETURNING j.n, r.version, r.changed_at;

-- Operations end: their results, the payment attempts, and what their targets get back.
-- name: change_ends
PREPARE change_ends (uuid, text[], text[], text[], bigint[], bigint[], text[], text[], text[],
	text[], text[], bigint[]) AS
WITH e AS (
	UPDATE operations o
	SET state = j.state, processed = j.processed,
		resolved_at = CASE WHEN j.state IN ('INTENT', 'PENDING', 'UNKNOWN') THEN NULL
			ELSE (SELECT rent_now_us()) END,
		expires_at = coalesce(j.expires_at, o.expires_at), ref = coalesce(j.ref, o.ref),
		result = coalesce(j.result, o.result), note = coalesce(j.note, o.note),
		tries = o.tries + 1, action = coalesce(j.action, o.action),
		action_value = coalesce(j.value, o.action_value),
		action_until = coalesce(j.act_until, o.action_until)
	FROM (
		SELECT i.*, t.tid
		FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			AS i (rental_id, id, state, processed, expires_at, ref, result, note,
				action, value, act_until)
		CROSS JOIN LATERAL (
			SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
		) m
		CROSS JOIN LATERAL (
			SELECT ctid AS tid FROM operations WHERE id = i.id OFFSET 0
		) t
	) j
	WHERE o.ctid = j.tid
	RETURNING o.rental_id, o.kind, o.state, o.amount, o.processed, o.note, o.target_id
), a AS (
	INSERT INTO payment_attempts (rental_id, amount, success, error, created_at)
	SELECT rental_id, CASE state WHEN 'SUCCEEDED' THEN processed ELSE amount END,
		state = 'SUCCEEDED', CASE WHEN state <> 'SUCCEEDED' THEN coalesce(note, '') END,
		rent_now()
	FROM e
	WHERE kind IN ('charge', 'capture')
		AND state IN ('SUCCEEDED', 'DECLINED', 'NOT_EXECUTED')
)
UPDATE operations t SET used = t.used + j.d
FROM (
	SELECT x.tid, s.d
	FROM (
		SELECT target_id, rental_id, sum(processed - amount)::bigint AS d
		FROM e WHERE target_id IS NOT NULL AND state IN ('SUCCEEDED', 'DECLINED', 'NOT_EXECUTED')
		GROUP BY 1, 2 HAVING sum(processed - amount) <> 0
	) s
	CROSS JOIN LATERAL (
		SELECT ctid AS tid FROM operations
		WHERE id = s.target_id AND rental_id = s.rental_id OFFSET 0
	) x
) j
WHERE t.ctid = j.tid;

-- New intents, and what their targets are used for.
-- name: change_news
PREPARE change_news (uuid, text[], text[], text[], text[], text[], bigint[], text[], text[],
	text[]) AS
WITH o AS (
	INSERT INTO operations (id, rental_id, target_id, kind, purpose, amount, created_at,
		method_ref, return_url, request_key)
	SELECT i.id, i.rental_id, i.target_id, i.kind, i.purpose, i.amount,
		(SELECT rent_now_us()), i.method, i.back, i.key
	FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10)
		AS i (rental_id, id, target_id, kind, purpose, amount, method, back, key)
	CROSS JOIN LATERAL (
		SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
	) m
	RETURNING target_id, rental_id, amount
)
UPDATE operations t SET used = t.used + j.d
FROM (
	SELECT x.tid, s.d
	FROM (
		SELECT target_id, rental_id, sum(amount)::bigint AS d
		FROM o WHERE target_id IS NOT NULL
		GROUP BY 1, 2 HAVING sum(amount) <> 0
	) s
	CROSS JOIN LATERAL (
		SELECT ctid AS tid FROM operations
		WHERE id = s.target_id AND rental_id = s.rental_id OFFSET 0
	) x
) j
WHERE t.ctid = j.tid;

-- Makes the debts that are missing, and locks the others: what change_debts decides, it decides
-- on what stands there.
-- name: change_debt_rows
PREPARE change_debt_rows (uuid, text[], bigint[]) AS
INSERT INTO debts (rental_id, amount_total, updated_at)
SELECT i.rental_id, 0, rent_now()
FROM unnest($2, $3) AS i (rental_id, delta)
CROSS JOIN LATERAL (
	SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
) m
WHERE i.delta > 0
	OR (SELECT rental_id FROM debts WHERE rental_id = i.rental_id) IS NOT NULL
ON CONFLICT (rental_id) DO UPDATE SET attempts = debts.attempts WHERE false;

-- name: change_debts
PREPARE change_debts (uuid, text[], bigint[], bigint[], text[], text[]) AS
WITH u AS (
	UPDATE debts d
	SET amount_total = j.after, updated_at = rent_now(),
		attempts = CASE j.try WHEN 1 THEN 0 WHEN 2 THEN d.attempts + 1 ELSE d.attempts END,
		last_attempt_at = CASE j.try WHEN 1 THEN NULL WHEN 2 THEN rent_now()
			ELSE d.last_attempt_at END
	FROM (
		SELECT i.rental_id, i.try, i.reason, t.tid, t.before,
			greatest(0, t.before + i.delta) AS after,
			coalesce(i.op, (
				SELECT id FROM operations WHERE rental_id = i.rental_id
				ORDER BY seq DESC LIMIT 1)) AS op_id
		FROM unnest($2, $3, $4, $5, $6) AS i (rental_id, delta, try, reason, op)
		CROSS JOIN LATERAL (
			SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
		) m
		CROSS JOIN LATERAL (
			SELECT ctid AS tid, amount_total AS before FROM debts
			WHERE rental_id = i.rental_id OFFSET 0
		) t
	) j
	WHERE d.ctid = j.tid
	RETURNING d.rental_id, j.before, j.after, j.reason, j.op_id
)
INSERT INTO debt_journal (rental_id, delta, amount_after, reason, op_id, created_at)
SELECT rental_id, after - before, after, reason, op_id, rent_now() FROM u WHERE after <> before;

-- The answers of the keys that the rentals were started under.
-- name: change_keys
PREPARE change_keys (uuid, text[], text[], text[]) AS
UPDATE idempotency_keys k
SET outcome = j.outcome, response_json = j.answer
FROM (
	SELECT i.outcome, i.answer, t.tid
	FROM unnest($2, $3, $4) AS i (rental_id, outcome, answer)
	CROSS JOIN LATERAL (
		SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
	) m
	CROSS JOIN LATERAL (
		SELECT ctid AS tid FROM idempotency_keys
		WHERE rental_id = i.rental_id AND outcome IS NULL OFFSET 0
	) t
) j
WHERE k.ctid = j.tid;

-- What persons said became of operations in MANUAL.
-- name: change_resolutions
PREPARE change_resolutions (uuid, text[], text[], text[], bigint[], text[], text[], text[]) AS
INSERT INTO operation_resolutions (op_id, rental_id, resolved_as, amount, reference, reason,
	resolved_by, created_at)
SELECT i.op_id, i.rental_id, i.state, i.amount, i.ref, i.reason, i.by, (SELECT rent_now_us())
FROM unnest($2, $3, $4, $5, $6, $7, $8)
	AS i (rental_id, op_id, state, amount, ref, reason, by)
CROSS JOIN LATERAL (
	SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
) m;

-- What the provider did by itself, and the sum of it.
-- name: change_outside
PREPARE change_outside (uuid, text[], text[], text[], text[], bigint[], text[], text[]) AS
WITH o AS (
	INSERT INTO outside_movements (event_id, rental_id, operation_id, kind, amount, ref, note,
		created_at)
	SELECT i.event_id, i.rental_id, i.op_id, i.kind, i.amount, i.ref, i.note,
		(SELECT rent_now_us())
	FROM unnest($2, $3, $4, $5, $6, $7, $8)
		AS i (rental_id, event_id, op_id, kind, amount, ref, note)
	CROSS JOIN LATERAL (
		SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
	) m
	RETURNING rental_id, amount
)
UPDATE rentals r SET outside_amount = r.outside_amount + j.amount,
	outside_at = (SELECT rent_now_us())
FROM (
	SELECT o.amount, t.tid
	FROM o
	CROSS JOIN LATERAL (SELECT ctid AS tid FROM rentals WHERE id = o.rental_id OFFSET 0) t
) j
WHERE r.ctid = j.tid;

-- What other systems are told, in the order of each rental.
-- name: change_messages
PREPARE change_messages (uuid, text[], text[], text[], text[], text[]) AS
INSERT INTO outbox (rental_id, id, endpoint, type, data, created_at, next_at)
SELECT i.rental_id, i.id, i.endpoint, i.type, i.data, (SELECT rent_now_us()), (SELECT rent_now_us())
FROM unnest($2, $3, $4, $5, $6) WITH ORDINALITY AS i (rental_id, id, endpoint, type, data, n)
CROSS JOIN LATERAL (
	SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
) m
ORDER BY i.n;

-- Lines in the trails of the rentals.
-- name: change_notes
PREPARE change_notes (uuid, text[], text[], text[]) AS
INSERT INTO notes (rental_id, kind, text, created_at)
SELECT i.rental_id, i.kind, i.text, (SELECT rent_now_us())
FROM unnest($2, $3, $4) AS i (rental_id, kind, text)
CROSS JOIN LATERAL (
	SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
) m;

-- Whoever gives out places counts alone, and what was committed before.
-- name: undeposited_lock
PREPARE undeposited_lock AS
SELECT pg_advisory_xact_lock('undeposited_rentals'::regclass::oid::bigint);

-- Places for rentals that go on without a deposit, as long as there are any. Rentals that are no
-- more, or got their deposit, give theirs back.
-- name: undeposited_take
PREPARE undeposited_take (text[], bigint[]) AS
WITH gone AS (
	DELETE FROM undeposited_rentals u
	WHERE u.rental_id > '' AND ((
		SELECT count(*) FROM rentals r
		WHERE r.id = u.rental_id AND r.status IN ('PENDING', 'ACTIVE')) = 0
		OR (
		SELECT count(*) FROM operations o
		WHERE o.rental_id = u.rental_id AND o.kind = 'hold'
			AND o.state = 'SUCCEEDED') > 0)
	RETURNING u.rental_id
)
INSERT INTO undeposited_rentals (rental_id, created_at)
SELECT n.id, (SELECT rent_now_us())
FROM (
	SELECT i.id, i.most, row_number() OVER (ORDER BY i.id) AS nth
	FROM unnest($1, $2) AS i (id, most)
	WHERE (SELECT count(*) FROM undeposited_rentals WHERE rental_id = i.id) = 0
) n
WHERE n.nth + (SELECT count(*) FROM undeposited_rentals) - (SELECT count(*) FROM gone) <= n.most;

-- Why changes were not let through, and what stands there after a lost commit. taken: the
-- powerbank is in another rental; full: no more rentals may go on without a deposit.
-- name: why_refused
PREPARE why_refused (bigint[], text[], text[], bigint[], uuid) AS
SELECT i.n, r.id IS NOT NULL, r.version, r.last_change = $5, r.changed_at, coalesce((
		SELECT x.id <> i.id FROM rentals x
		WHERE x.powerbank_id = i.powerbank AND x.status = 'ACTIVE'
			AND x.powerbank_id <> 'PENDING'), false),
	i.most > 0 AND (SELECT count(*) FROM undeposited_rentals) >= i.most
		AND (SELECT count(*) FROM undeposited_rentals WHERE rental_id = i.id) = 0
FROM unnest($1, $2, $3, $4) AS i (n, id, powerbank, most)
LEFT JOIN LATERAL (
	SELECT id, version, last_change, changed_at FROM rentals WHERE id = i.id OFFSET 0
) r ON true;
