-- Operations, in the columns of row_op_columns (core/rows.c), and what persons said became of
-- those in MANUAL, in the columns of row_resolution_columns.

-- A rental without operations gives one row of nulls.
-- name: trail
PREPARE trail (text) AS
SELECT
	o.id, o.rental_id, o.target_id, o.ref, o.result, o.note, o.kind, o.purpose, o.state,
	o.amount, o.processed, o.used, o.tries, o.created_at, o.resolved_at, o.expires_at,
	o.action, o.action_value, o.action_until, o.method_ref, o.return_url, o.request_key
FROM rentals r
LEFT JOIN LATERAL (
	SELECT seq, id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
		processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
	FROM operations WHERE rental_id = r.id OFFSET 0
) o ON true
WHERE r.id = $1
ORDER BY o.seq;

-- name: op_get
PREPARE op_get (text) AS
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
	processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
FROM operations WHERE id = $1;

-- Of a request of the customer: $1 is the part of its key before the dash; a dot comes after a dash.
-- name: op_requested
PREPARE op_requested (text) AS
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
	processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
FROM operations
WHERE request_key IS NOT NULL AND request_key >= $1 || '-' AND request_key < $1 || '.'
ORDER BY request_key LIMIT 1;

-- name: ops_page
PREPARE ops_page (text, bigint) AS
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
	processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
FROM operations WHERE id > $1
ORDER BY id LIMIT $2;

-- name: ops_manual
PREPARE ops_manual (text, bigint) AS
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
	processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
FROM operations
WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL') AND state = 'MANUAL' AND id > $1
ORDER BY id LIMIT $2;

-- name: resolutions
PREPARE resolutions (text) AS
SELECT op_id, rental_id, resolved_as, amount, coalesce(reference, ''), reason, resolved_by,
	created_at
FROM operation_resolutions WHERE rental_id = $1
ORDER BY created_at, op_id;

-- Lines in the trail of a rental, in the columns of row_note_columns.
-- name: notes
PREPARE notes (text) AS
SELECT rental_id, kind, text, created_at FROM notes WHERE rental_id = $1
ORDER BY id;

-- Lines of the debt journal of a rental, in the columns of row_debt_line_columns.
-- name: debt_lines
PREPARE debt_lines (text) AS
SELECT rental_id, op_id, reason, delta, amount_after, created_at FROM debt_journal
WHERE rental_id = $1
ORDER BY id;

-- What a request was answered.
-- name: answer_get
PREPARE answer_get (text, text) AS
SELECT fingerprint, outcome, response_json FROM idempotency_keys
WHERE key = $1 AND scope = $2 AND outcome IS NOT NULL;
