-- Messages to other systems, on their way.

-- Concurrent callers skip each other's rows. The columns are those of outbox_page.
-- name: outbox_claim
PREPARE outbox_claim (text, bigint, bigint) AS
WITH due AS MATERIALIZED (
	SELECT o.ctid AS tid FROM outbox o
	WHERE o.endpoint = $1 AND o.state = 'OPEN' AND o.next_at <= (SELECT rent_now_us())
		AND (SELECT e.seq FROM outbox e
			WHERE e.endpoint = o.endpoint AND e.rental_id = o.rental_id AND e.state = 'OPEN'
			ORDER BY e.seq LIMIT 1) = o.seq
	ORDER BY o.next_at LIMIT $3 FOR UPDATE OF o SKIP LOCKED
), b AS (
	UPDATE outbox o
	SET tries = o.tries + 1, next_at = (SELECT rent_now_us()) + $2
	FROM due WHERE o.ctid = due.tid
	RETURNING o.*
)
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM b ORDER BY seq;

-- -1: whatever the tries are. What waits behind it for the same rental has its time, and is not looked at
-- earlier; once it is out of the way, what was never tried waits no longer.
-- name: outbox_end
PREPARE outbox_end (text, text, bigint, text, bigint, bigint, text) AS
WITH head AS (
	UPDATE outbox
	SET state = $4, tries = $5, next_at = (SELECT rent_now_us()) + $6,
		ended_at = CASE $4 WHEN 'OPEN' THEN 0 ELSE (SELECT rent_now_us()) END, note = $7
	WHERE endpoint = $1 AND id = $2
		AND ($3 = -1 OR (state = 'OPEN' AND (tries = $3 OR $4 = 'DELIVERED')))
	RETURNING rental_id, seq, next_at
), behind AS (
	UPDATE outbox o SET next_at = head.next_at
	FROM head
	WHERE o.endpoint = $1 AND o.rental_id = head.rental_id AND o.state = 'OPEN' AND o.seq > head.seq
		AND (($4 = 'OPEN' AND o.next_at < head.next_at) OR (o.tries = 0 AND o.next_at > head.next_at))
)
SELECT seq FROM head;

-- name: outbox_purge
PREPARE outbox_purge (bigint, bigint) AS
DELETE FROM outbox WHERE ctid = ANY (ARRAY(
	SELECT ctid FROM outbox
	WHERE state = 'DELIVERED' AND ended_at < (SELECT rent_now_us()) - $1
	ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED));
