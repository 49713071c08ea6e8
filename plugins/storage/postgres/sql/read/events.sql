-- Events that services reported: the columns of row_inbound_columns (core/rows.c).

-- name: events_open
PREPARE events_open (text, bigint) AS
SELECT id, instance, event_id, kind, trust, operation_id, ref, station_id, powerbank_id, slot, charge,
	amount, happened_at, verdict, reason, note, sha256, received_at, handled_at, outcome
FROM inbound_events
WHERE handled_at = 0 AND id > $1
ORDER BY id LIMIT $2;

-- name: events_page
PREPARE events_page (text, bigint) AS
SELECT id, instance, event_id, kind, trust, operation_id, ref, station_id, powerbank_id, slot, charge,
	amount, happened_at, verdict, reason, note, sha256, received_at, handled_at, outcome
FROM inbound_events
WHERE id > $1
ORDER BY id LIMIT $2;
