-- Events that services reported.

-- An event without an id is none: that is how the statement is tried without writing.
-- name: event_put
PREPARE event_put (text, text, text, text, text, text, text, text, text, bigint, bigint, bigint,
	bigint, text, text, text, text) AS
INSERT INTO inbound_events (id, instance, event_id, kind, trust, operation_id, ref, station_id,
	powerbank_id, slot, charge, amount, happened_at, verdict, reason, note, sha256, received_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, rent_now_us()
WHERE $1 <> ''
ON CONFLICT (instance, event_id) DO NOTHING;

-- name: event_end
PREPARE event_end (text, text) AS
UPDATE inbound_events
SET outcome = $2, handled_at = CASE WHEN $2 = '' THEN 0 ELSE (SELECT rent_now_us()) END
WHERE id = $1;
