-- The lines of books, as they are sealed: what stands here, and in which order, never changes.

-- name: lines_debts
PREPARE lines_debts (bigint, bigint, bigint) AS
SELECT id, rental_id, delta::text, amount_after::text, reason, op_id, (extract(epoch FROM created_at) * 1000000)::bigint::text
FROM debt_journal WHERE id > $1 AND id <= $2
ORDER BY id LIMIT $3;

-- name: lines_attempts
PREPARE lines_attempts (bigint, bigint, bigint) AS
SELECT id, rental_id, amount::text, success::int::text, error, (extract(epoch FROM created_at) * 1000000)::bigint::text
FROM payment_attempts WHERE id > $1 AND id <= $2
ORDER BY id LIMIT $3;

-- name: lines_deeds
PREPARE lines_deeds (bigint, bigint, bigint) AS
SELECT id, rental_id, at::text, action, op_id, subject, role,
	issuer, key_id, peer, request_id, claimed_by, reason
FROM audit_log WHERE id > $1 AND id <= $2
ORDER BY id LIMIT $3;

-- name: lines_outside
PREPARE lines_outside (bigint, bigint, bigint) AS
SELECT seq, rental_id, event_id, operation_id, kind, amount::text, ref, note, created_at::text
FROM outside_movements WHERE seq > $1 AND seq <= $2
ORDER BY seq LIMIT $3;

-- name: lines_resolutions
PREPARE lines_resolutions (bigint, bigint, bigint) AS
SELECT seq, rental_id, op_id, resolved_as, amount::text, reference, reason, resolved_by, created_at::text
FROM operation_resolutions WHERE seq > $1 AND seq <= $2
ORDER BY seq LIMIT $3;

-- name: lines_notes
PREPARE lines_notes (bigint, bigint, bigint) AS
SELECT id, rental_id, kind, text, created_at::text
FROM notes WHERE id > $1 AND id <= $2
ORDER BY id LIMIT $3;

-- Where a book ends, and which transactions may still add to it: those from xmin on are running, those
-- from xmax on have not begun.
-- name: end_debts
PREPARE end_debts AS
SELECT coalesce(max(id), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
	pg_snapshot_xmax(pg_current_snapshot())::text::bigint
FROM debt_journal;

-- name: end_attempts
PREPARE end_attempts AS
SELECT coalesce(max(id), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
	pg_snapshot_xmax(pg_current_snapshot())::text::bigint
FROM payment_attempts;

-- name: end_deeds
PREPARE end_deeds AS
SELECT coalesce(max(id), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
	pg_snapshot_xmax(pg_current_snapshot())::text::bigint
FROM audit_log;

-- name: end_outside
PREPARE end_outside AS
SELECT coalesce(max(seq), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
	pg_snapshot_xmax(pg_current_snapshot())::text::bigint
FROM outside_movements;

-- name: end_resolutions
PREPARE end_resolutions AS
SELECT coalesce(max(seq), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
	pg_snapshot_xmax(pg_current_snapshot())::text::bigint
FROM operation_resolutions;

-- name: end_notes
PREPARE end_notes AS
SELECT coalesce(max(id), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
	pg_snapshot_xmax(pg_current_snapshot())::text::bigint
FROM notes;

-- name: seals_page
PREPARE seals_page (text, bigint, bigint) AS
SELECT number, upto_id, lines, digests, hash, created_at
FROM seals WHERE book = $1 AND number > $2
ORDER BY number LIMIT $3;

-- name: seals_last
PREPARE seals_last (text) AS
SELECT number, upto_id, lines, digests, hash, created_at
FROM seals WHERE book = $1
ORDER BY number DESC LIMIT 1;
