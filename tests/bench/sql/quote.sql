-- quote.sql - pgbench: a quote, one commit.
INSERT INTO quotes (id, user_id, station_id, price_per_hour, free_period_min, deposit, expires_at)
VALUES (to_hex((extract(epoch FROM clock_timestamp()) * 1000000)::bigint) || '-' || :client_id::text,
	'user-' || :client_id::text, 'some-station-id', 60, 5, 300, now() + interval '1 hour');
