-- What requests were answered.

-- The first answer of a key is its answer. One without a key is none: that is how the statement is tried
-- without writing.
-- name: answer_put
PREPARE answer_put (text, text, text, text, text, text) AS
INSERT INTO idempotency_keys (key, scope, fingerprint, rental_id, outcome, response_json, created_at)
SELECT $1, $2, $3, $4, $5, $6, rent_now()
WHERE $1 <> ''
ON CONFLICT (key, scope) DO NOTHING;
