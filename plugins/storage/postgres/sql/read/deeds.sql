-- Who did what, newest first.

-- name: deeds_all
PREPARE deeds_all (bigint, bigint) AS
SELECT id, at, rental_id, action, op_id, subject, role, issuer, key_id, peer, request_id, claimed_by,
	reason
FROM audit_log WHERE id < $1
ORDER BY id DESC LIMIT $2;

-- name: deeds_of
PREPARE deeds_of (bigint, bigint, text) AS
SELECT id, at, rental_id, action, op_id, subject, role, issuer, key_id, peer, request_id, claimed_by,
	reason
FROM audit_log WHERE rental_id = $3 AND id < $1
ORDER BY id DESC LIMIT $2;
