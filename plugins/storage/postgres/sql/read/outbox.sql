-- Messages to other systems: the columns of row_message_columns (core/rows.c).

-- name: outbox_page
PREPARE outbox_page (text, text, bigint) AS
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox
WHERE endpoint = $1 AND id > $2
ORDER BY id LIMIT $3;

-- name: outbox_open
PREPARE outbox_open (text, text, bigint) AS
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox
WHERE endpoint = $1 AND state = 'OPEN' AND id > $2
ORDER BY id LIMIT $3;

-- name: outbox_set_aside
PREPARE outbox_set_aside (text, text, bigint) AS
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox
WHERE endpoint = $1 AND state = 'SET_ASIDE' AND id > $2
ORDER BY id LIMIT $3;

-- name: outbox_delivered
PREPARE outbox_delivered (text, text, bigint) AS
SELECT id, endpoint, rental_id, type, state, tries, created_at, next_at, ended_at, note, data
FROM outbox
WHERE endpoint = $1 AND state = 'DELIVERED' AND id > $2
ORDER BY id LIMIT $3;

-- name: outbox_sums
PREPARE outbox_sums (text) AS
SELECT
	(SELECT count(*) FROM outbox WHERE endpoint = $1 AND state = 'OPEN'),
	(SELECT count(*) FROM outbox WHERE endpoint = $1 AND state = 'SET_ASIDE'),
	(SELECT coalesce(rent_now_us() - min(created_at), 0)::bigint FROM outbox
		WHERE endpoint = $1 AND state = 'OPEN');
