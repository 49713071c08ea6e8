-- Operations. Each statement gives the columns of row_op_columns (core/rows.c); the first four
-- are what is shown with a rental. The conditions of partial indexes are repeated word for word.

-- Those that hold money are chosen first.
-- name: ops_holds
-- with: rental text, limit int
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_start
WHERE rental_id = :rental AND kind IN ('hold', 'eject') AND kind = 'hold'
	AND seq IN (
		SELECT seq FROM operations INDEXED BY operations_start
		WHERE rental_id = :rental AND kind IN ('hold', 'eject') AND kind = 'hold'
		ORDER BY coalesce(target_id, '') = '' AND processed > used DESC, seq DESC
		LIMIT :limit)
ORDER BY seq DESC;

-- The newest.
-- name: ops_hold
-- with: rental text
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_start
WHERE rental_id = :rental AND kind IN ('hold', 'eject') AND kind = 'hold'
ORDER BY seq DESC
LIMIT 1;

-- name: ops_eject
-- with: rental text, limit int
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_start
WHERE rental_id = :rental AND kind IN ('hold', 'eject') AND kind = 'eject'
LIMIT :limit;

-- name: ops_open
-- with: rental text, limit int
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_live
WHERE rental_id = :rental AND state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')
	AND state <> 'MANUAL' AND kind NOT IN ('hold', 'eject')
ORDER BY seq
LIMIT :limit;

-- name: ops_settle
-- with: rental text, limit int
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_settle
WHERE rental_id = :rental AND purpose = 'settle'
	AND state NOT IN ('INTENT', 'PENDING', 'UNKNOWN') AND kind NOT IN ('hold', 'eject')
ORDER BY seq DESC
LIMIT :limit;

-- name: ops_refundable
-- with: rental text
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_rental
WHERE rental_id = :rental AND kind IN ('charge', 'capture') AND processed > used
ORDER BY seq DESC
LIMIT 1;

-- name: ops_all
-- with: rental text
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_rental
WHERE rental_id = :rental
ORDER BY seq;

-- name: op_get
-- with: id text
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations
WHERE id = :id;

-- Of a request of the customer: key is the part of its key before the dash; a dot comes after a dash.
-- name: op_requested
-- with: key text
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_request
WHERE request_key IS NOT NULL AND request_key >= :key || '-'
	AND request_key < :key || '.'
ORDER BY request_key
LIMIT 1;

-- name: ops_page
-- with: after text, limit int
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations
WHERE id > :after
ORDER BY id
LIMIT :limit;

-- name: ops_manual
-- with: after text, limit int
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_live
WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND state = 'MANUAL' AND id > :after
ORDER BY id
LIMIT :limit;

-- How persons resolved operations: the columns of row_resolution_columns (core/rows.c).
-- name: resolutions
-- with: rental text
SELECT op_id, rental_id, resolved_as, amount, reference, reason, resolved_by, created_at
FROM operation_resolutions
WHERE rental_id = :rental
ORDER BY created_at, op_id;

-- name: resolution_sums
-- with: rental text
SELECT count(*), sum(o.state IS NOT s.resolved_as OR o.processed IS NOT s.amount)
FROM operation_resolutions s LEFT JOIN operations o ON o.id = s.op_id
WHERE s.rental_id = :rental;

-- Lines in the trail of a rental: the columns of row_note_columns (core/rows.c).
-- name: notes
-- with: rental text
SELECT rental_id, kind, text, created_at
FROM notes
WHERE rental_id = :rental
ORDER BY id;

-- Lines of the debt journal of a rental: the columns of row_debt_line_columns (core/rows.c).
-- name: debt_lines
-- with: rental text
SELECT rental_id, op_id, reason, delta, amount_after, created_at
FROM debt_journal INDEXED BY debt_journal_rental
WHERE rental_id = :rental
ORDER BY id;

-- What a request was answered.
-- name: answer_get
-- with: key text, scope text
SELECT fingerprint, outcome, response_json
FROM idempotency_keys
WHERE key = :key AND scope = :scope AND outcome IS NOT NULL;

-- name: answer_put
-- with: key text, scope text, fingerprint text, rental text, outcome text, answer text, now text
INSERT INTO idempotency_keys (key, scope, fingerprint, rental_id, outcome, response_json, created_at)
VALUES (:key, :scope, :fingerprint, :rental, :outcome, :answer, :now)
ON CONFLICT (key, scope) DO NOTHING;
