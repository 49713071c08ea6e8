-- What a provider did by itself: the columns of row_outside_columns (core/rows.c).

-- name: outside_list
PREPARE outside_list (text) AS
SELECT event_id, rental_id, operation_id, kind, amount, ref, note, created_at
FROM outside_movements WHERE rental_id = $1
ORDER BY created_at, event_id;

-- The newest charge or capture of this reference.
-- name: op_taken
PREPARE op_taken (text) AS
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount,
	processed, used, tries, created_at, resolved_at, expires_at, action,
		action_value, action_until, method_ref, return_url, request_key
FROM operations
WHERE ref = $1 AND kind IN ('charge', 'capture') AND state = 'SUCCEEDED'
ORDER BY seq DESC LIMIT 1;
