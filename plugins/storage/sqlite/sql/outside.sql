-- What a provider did by itself: the columns of row_outside_columns (core/rows.c).

-- name: outside_put
-- with: event text, rental text, operation text, kind text, amount int, ref text, note text, now int
INSERT INTO outside_movements (event_id, rental_id, operation_id, kind, amount, ref, note, created_at)
VALUES (:event, :rental, :operation, :kind, :amount, :ref, :note, :now);

-- name: rental_outside
-- with: id text, amount int, now int
UPDATE rentals SET outside_amount = outside_amount + :amount, outside_at = :now WHERE id = :id;

-- name: outside_list
-- with: rental text
SELECT event_id, rental_id, operation_id, kind, amount, ref, note, created_at
FROM outside_movements
WHERE rental_id = :rental
ORDER BY created_at, event_id;

-- name: outside_sum
-- with: rental text
SELECT coalesce(sum(amount), 0) FROM outside_movements WHERE rental_id = :rental;

-- The condition of the partial index is repeated word for word.
-- name: op_taken
-- with: ref text
SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, processed, used,
	tries, created_at, resolved_at, expires_at, action,
	action_value, action_until, method_ref, return_url, request_key
FROM operations INDEXED BY operations_taken
WHERE ref = :ref AND kind IN ('charge', 'capture') AND state = 'SUCCEEDED'
ORDER BY seq DESC
LIMIT 1;
