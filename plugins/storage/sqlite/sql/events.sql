-- Events that services reported: the columns of row_inbound_columns (core/rows.c).

-- name: event_put
-- with: id text, instance text, event text, kind text, trust text, operation text, ref text,
--       station text, powerbank text, slot int, charge int, amount int, at int, verdict text,
--       reason text, note text, sha text, now int
INSERT INTO inbound_events (id, instance, event_id, kind, trust, operation_id, ref, station_id,
	powerbank_id, slot, charge, amount, happened_at, verdict, reason, note, sha256, received_at)
VALUES (:id, :instance, :event, :kind, :trust, :operation, :ref, :station, :powerbank, :slot,
	:charge, :amount, :at, :verdict, :reason, :note, :sha, :now)
ON CONFLICT (instance, event_id) DO NOTHING;

-- name: event_end
-- with: id text, outcome text, now int
UPDATE inbound_events
SET outcome = :outcome, handled_at = CASE WHEN :outcome = '' THEN 0 ELSE :now END
WHERE id = :id;

-- name: events_open
-- with: after text, limit int
SELECT id, instance, event_id, kind, trust, operation_id, ref, station_id, powerbank_id, slot, charge,
	amount, happened_at, verdict, reason, note, sha256, received_at, handled_at, outcome
FROM inbound_events INDEXED BY inbound_events_open
WHERE handled_at = 0 AND id > :after
ORDER BY id
LIMIT :limit;

-- name: events_page
-- with: after text, limit int
SELECT id, instance, event_id, kind, trust, operation_id, ref, station_id, powerbank_id, slot, charge,
	amount, happened_at, verdict, reason, note, sha256, received_at, handled_at, outcome
FROM inbound_events
WHERE id > :after
ORDER BY id
LIMIT :limit;
