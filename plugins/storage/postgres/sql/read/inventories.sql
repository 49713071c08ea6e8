-- What was in cabinets before ejects.

-- name: inventories
PREPARE inventories (text, text, bigint, bigint) AS
SELECT i.operation_id, i.known, i.powerbanks, i.taken_at, coalesce(o.state, ''), coalesce(o.result, '')
FROM eject_inventories i
LEFT JOIN operations o ON o.id = i.operation_id
WHERE i.cabinet_id = $2 AND i.instance = $1 AND i.taken_at >= $3
ORDER BY i.taken_at DESC LIMIT $4;
