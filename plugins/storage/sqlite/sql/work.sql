-- Work that has come due, and what is old enough to be deleted.

-- name: claim_due
-- with: now int, limit int
SELECT id FROM rentals INDEXED BY rentals_work
WHERE work_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
ORDER BY work_at, id
LIMIT :limit;

-- name: purge_quotes
-- with: before text, limit int
DELETE FROM quotes WHERE id IN (
	SELECT id FROM quotes WHERE expires_at < :before ORDER BY expires_at LIMIT :limit);

-- name: purge_keys
-- with: before text, limit int
DELETE FROM idempotency_keys WHERE rowid IN (
	SELECT k.rowid
	FROM idempotency_keys k LEFT JOIN rentals r ON r.id = k.rental_id
	WHERE k.created_at < :before
		AND (r.id IS NULL
			OR (r.status NOT IN ('PENDING', 'ACTIVE') AND r.settlement <> 'PENDING'))
	ORDER BY k.created_at
	LIMIT :limit);
