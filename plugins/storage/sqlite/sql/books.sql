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
VALUES (:book, :number, :upto, :lines, :digests, :hash, :now)
ON CONFLICT (book, number) DO NOTHING;
