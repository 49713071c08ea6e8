-- Who did what.

-- Of a start or a change that was let through: its rental bears the mark ($1).
-- name: deeds_put
PREPARE deeds_put (uuid, text[], text[], text[], text[], text[], text[], text[], text[], text[],
	text[], text[]) AS
INSERT INTO audit_log (at, rental_id, action, op_id, subject, role, issuer, key_id, peer,
	request_id, claimed_by, reason)
SELECT (SELECT rent_now_us()), i.*
FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
	AS i (rental_id, action, op_id, subject, role, issuer, key_id, peer, request_id, by, reason)
CROSS JOIN LATERAL (
	SELECT 1 FROM rentals WHERE id = i.rental_id AND last_change = $1 OFFSET 0
) m;
