-- What changes tell other systems: the columns of row_message_columns (core/rows.c).

-- name: message_put
-- with: rental text, id text, endpoint text, type text, data text, now int
INSERT INTO outbox (rental_id, id, endpoint, type, data, created_at, next_at)
VALUES (:rental, :id, :endpoint, :type, :data, :now, :now);

-- name: outbox_due
-- with: endpoint text, now int, limit int
SELECT o.id FROM outbox o INDEXED BY outbox_open
WHERE o.endpoint = :endpoint AND o.state = 'OPEN' AND o.next_at <= :now
	AND NOT EXISTS (
		SELECT 1 FROM outbox e INDEXED BY outbox_order
		WHERE e.endpoint = o.endpoint AND e.rental_id = o.rental_id AND e.seq < o.seq
			AND e.state = 'OPEN')
ORDER BY o.next_at, o.seq
LIMIT :limit;

-- name: outbox_begin
-- with: endpoint text, id text, until int
UPDATE outbox SET tries = tries + 1, next_at = :until
WHERE endpoint = :endpoint AND id = :id;

-- name: outbox_end
-- with: endpoint text, id text, expected int, state text, tries int, next int, ended int, note text
UPDATE outbox SET state = :state, tries = :tries, next_at = :next, ended_at = :ended, note = :note
WHERE endpoint = :endpoint AND id = :id
	AND (:expected = -1 OR (state = 'OPEN' AND (tries = :expected OR :state = 'DELIVERED')));

-- What waits behind a message for the same rental has its time, and is not looked at earlier; once it is out
-- of the way, what was never tried waits no longer.
-- name: outbox_behind
-- with: endpoint text, id text, state text, next int
UPDATE outbox INDEXED BY outbox_order SET next_at = :next
WHERE endpoint = :endpoint AND state = 'OPEN'
	AND rental_id = (SELECT h.rental_id FROM outbox h WHERE h.endpoint = :endpoint AND h.id = :id)
	AND seq > (SELECT h.seq FROM outbox h WHERE h.endpoint = :endpoint AND h.id = :id)
	AND ((:state = 'OPEN' AND next_at < :next) OR (tries = 0 AND next_at > :next));

-- name: outbox_purge
-- with: before int, limit int
DELETE FROM outbox WHERE seq IN (
	SELECT seq FROM outbox INDEXED BY outbox_delivered
	WHERE state = 'DELIVERED' AND ended_at < :before
	ORDER BY ended_at LIMIT :limit);

-- name: outbox_get
-- with: endpoint text, id text
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox
WHERE endpoint = :endpoint AND id = :id;

-- name: outbox_page
-- with: endpoint text, after text, limit int
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox
WHERE endpoint = :endpoint AND id > :after
ORDER BY id
LIMIT :limit;

-- name: outbox_open
-- with: endpoint text, after text, limit int
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox INDEXED BY outbox_open
WHERE endpoint = :endpoint AND state = 'OPEN' AND id > :after
ORDER BY id
LIMIT :limit;

-- name: outbox_set_aside
-- with: endpoint text, after text, limit int
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox INDEXED BY outbox_set_aside
WHERE endpoint = :endpoint AND state = 'SET_ASIDE' AND id > :after
ORDER BY id
LIMIT :limit;

-- name: outbox_delivered
-- with: endpoint text, after text, limit int
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox
WHERE endpoint = :endpoint AND state = 'DELIVERED' AND id > :after
ORDER BY id
LIMIT :limit;

-- name: outbox_sums
-- with: endpoint text
SELECT
	(SELECT count(*) FROM outbox INDEXED BY outbox_open
		WHERE endpoint = :endpoint AND state = 'OPEN'),
	(SELECT count(*) FROM outbox INDEXED BY outbox_set_aside
		WHERE endpoint = :endpoint AND state = 'SET_ASIDE'),
	(SELECT coalesce(min(created_at), 0) FROM outbox INDEXED BY outbox_open
		WHERE endpoint = :endpoint AND state = 'OPEN');
