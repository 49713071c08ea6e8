-- What was in cabinets before ejects.

-- Those of the same cabinet that no question is about any more.
-- name: inventory_purge
-- with: instance text, cabinet text, before int
DELETE FROM eject_inventories
WHERE cabinet_id = :cabinet AND instance = :instance AND taken_at < :before;

-- name: inventory_put
-- with: operation text, instance text, cabinet text, known int, powerbanks text, now int
INSERT INTO eject_inventories (operation_id, instance, cabinet_id, known, powerbanks, taken_at)
VALUES (:operation, :instance, :cabinet, :known, :powerbanks, :now)
ON CONFLICT (operation_id) DO NOTHING;

-- name: inventories
-- with: instance text, cabinet text, since int, limit int
SELECT i.operation_id, i.known, i.powerbanks, i.taken_at, coalesce(o.state, ''), coalesce(o.result, '')
FROM eject_inventories i
LEFT JOIN operations o ON o.id = i.operation_id
WHERE i.cabinet_id = :cabinet AND i.instance = :instance AND i.taken_at >= :since
ORDER BY i.taken_at DESC
LIMIT :limit;
