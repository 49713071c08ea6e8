-- The lines of books, as they are sealed: what stands here, and in which order, never changes. Seals.

-- name: lines_debts
-- with: after int, upto int, limit int
SELECT id, rental_id, delta, amount_after, reason, op_id, created_at
FROM debt_journal
WHERE id > :after AND id <= :upto
ORDER BY id
LIMIT :limit;

-- name: end_debts
SELECT coalesce(max(id), 0) FROM debt_journal;

-- name: lines_attempts
-- with: after int, upto int, limit int
SELECT id, rental_id, amount, success, error, created_at
FROM payment_attempts
WHERE id > :after AND id <= :upto
ORDER BY id
LIMIT :limit;

-- name: end_attempts
SELECT coalesce(max(id), 0) FROM payment_attempts;

-- name: lines_deeds
-- with: after int, upto int, limit int
SELECT id, rental_id, at, action, op_id, subject, role,
	issuer, key_id, peer, request_id, claimed_by, reason
FROM audit_log
WHERE id > :after AND id <= :upto
ORDER BY id
LIMIT :limit;

-- name: end_deeds
SELECT coalesce(max(id), 0) FROM audit_log;

-- name: lines_outside
-- with: after int, upto int, limit int
SELECT seq, rental_id, event_id, operation_id, kind, amount, ref, note, created_at
FROM outside_movements
WHERE seq > :after AND seq <= :upto
ORDER BY seq
LIMIT :limit;

-- name: end_outside
SELECT coalesce(max(seq), 0) FROM outside_movements;

-- name: lines_resolutions
-- with: after int, upto int, limit int
SELECT seq, rental_id, op_id, resolved_as, amount, reference, reason, resolved_by, created_at
FROM operation_resolutions
WHERE seq > :after AND seq <= :upto
ORDER BY seq
LIMIT :limit;

-- name: end_resolutions
SELECT coalesce(max(seq), 0) FROM operation_resolutions;

-- name: lines_notes
-- with: after int, upto int, limit int
SELECT id, rental_id, kind, text, created_at
FROM notes
WHERE id > :after AND id <= :upto
ORDER BY id
LIMIT :limit;

-- name: end_notes
SELECT coalesce(max(id), 0) FROM notes;

-- name: seals_page
-- with: book text, after int, limit int
SELECT number, upto_id, lines, digests, hash, created_at
FROM seals
WHERE book = :book AND number > :after
ORDER BY number
LIMIT :limit;

-- name: seals_last
-- with: book text
SELECT number, upto_id, lines, digests, hash, created_at
FROM seals
WHERE book = :book
ORDER BY number DESC
LIMIT 1;

-- name: seal_put
-- with: book text, number int, upto int, lines int, digests text, hash text, now int
INSERT INTO seals (book, number, upto_id, lines, digests, hash, created_at)
SELECT :book, :number, :upto, :lines, :digests, :hash, :now
WHERE NOT EXISTS (SELECT 1 FROM seals WHERE book = :book AND number = :number);
