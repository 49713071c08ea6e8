-- What is asked and done after a commit whose reply was lost; see lost_commit.c.

-- Ends the session that sent it. Process and start together name it: no other server has them.
-- name: backend_end
PREPARE backend_end (bigint, timestamptz) AS
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE pid = $1 AND backend_start = $2;

-- name: quotes_found
PREPARE quotes_found (bigint[], text[]) AS
SELECT i.n, q.created_at
FROM unnest($1, $2) AS i (n, id)
CROSS JOIN LATERAL (SELECT created_at FROM quotes WHERE id = i.id OFFSET 0) q;

-- A commit behind all that was read.
-- name: confirm
PREPARE confirm AS
SELECT pg_logical_emit_message(true, 'rentald', '');
