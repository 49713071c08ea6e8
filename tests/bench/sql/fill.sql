-- fill.sql - rows for pgbench: :quotes quotes for each of :clients clients, and :made active
-- rentals with their hold and eject, spread over the clients. :run keeps runs apart.
INSERT INTO quotes (id, user_id, station_id, price_per_hour, free_period_min, deposit, expires_at)
SELECT 'q-' || :'run' || '-' || c || '-' || i, 'user-' || c, 'some-station-id', 60, 5, 300,
	now() + interval '1 hour'
FROM generate_series(0, :clients - 1) c, generate_series(1, :quotes) i;
INSERT INTO rentals (id, user_id, powerbank_id, station_id, quote_id, provider, price_per_hour,
	free_period_min, deposit, status, version, started_at)
SELECT 'rm-' || :'run' || '-' || i, 'user-' || i, 'PBm' || :'run' || '-' || i, 'some-station-id',
	'qm-' || :'run' || '-' || i, 'payment', 60, 5, 300, 'ACTIVE', 2, now()
FROM generate_series(1, :made) i;
INSERT INTO operations (id, rental_id, kind, purpose, state, amount, processed, created_at,
	resolved_at, ref)
SELECT o.kind || '-' || :'run' || '-' || i, 'rm-' || :'run' || '-' || i, o.kind, 'start',
	'SUCCEEDED', o.amount, o.amount, rent_now_us(), rent_now_us(), 'reference'
FROM generate_series(1, :made) i, (VALUES ('hold', 300), ('eject', 0)) o (kind, amount);
