-- What was in cabinets before ejects.

-- Those of the same cabinet that no question is about any more go with it. One without an
-- operation is none: that is how the statement is tried without writing.
-- name: inventory_put
PREPARE inventory_put (text, text, text, bigint, text, bigint) AS
WITH old AS (
	DELETE FROM eject_inventories
	WHERE $1 <> '' AND cabinet_id = $3 AND instance = $2
		AND taken_at < (SELECT rent_now_us()) - $6
)
INSERT INTO eject_inventories (operation_id, instance, cabinet_id, known, powerbanks, taken_at)
SELECT $1, $2, $3, $4, $5, rent_now_us()
WHERE $1 <> ''
ON CONFLICT (operation_id) DO NOTHING;
