-- Quotes that are given.

-- name: quotes_put
PREPARE quotes_put (bigint[], text[], text[], text[], bigint[], bigint[], bigint[], bigint[]) AS
INSERT INTO quotes (id, user_id, station_id, price_per_hour, free_period_min, deposit,
	created_at, expires_at)
SELECT i.id, i.user_id, i.station_id, i.price, i.free, i.deposit, rent_now(),
	rent_now() + i.ttl * interval '1 microsecond'
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
	AS i (n, id, user_id, station_id, price, free, deposit, ttl)
RETURNING id, created_at;
