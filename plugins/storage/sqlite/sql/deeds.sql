-- Who did what.

-- name: deed_put
-- with: now int, rental text, action text, op text, subject text, role text, issuer text, key text,
--       peer text, request text, by text, reason text
INSERT INTO audit_log (at, rental_id, action, op_id, subject, role, issuer, key_id, peer,
	request_id, claimed_by, reason)
VALUES (:now, :rental, :action, :op, :subject, :role, :issuer, :key, :peer, :request, :by,
	:reason);

-- name: deeds_all
-- with: before int, limit int
SELECT id, at, rental_id, action, op_id, subject, role, issuer, key_id, peer, request_id, claimed_by,
	reason
FROM audit_log
WHERE id < :before
ORDER BY id DESC
LIMIT :limit;

-- name: deeds_of
-- with: before int, limit int, rental text
SELECT id, at, rental_id, action, op_id, subject, role, issuer, key_id, peer, request_id, claimed_by,
	reason
FROM audit_log INDEXED BY audit_log_rental
WHERE rental_id = :rental AND id < :before
ORDER BY id DESC
LIMIT :limit;
