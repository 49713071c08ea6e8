-- due.sql - :rentals active rentals that began ten minutes ago, as an operator might insert
-- them, with :price an hour and :free free minutes.
ALTER TABLE payment_attempts DISABLE TRIGGER USER;
ALTER TABLE debt_journal DISABLE TRIGGER USER;
TRUNCATE rentals, operations, payment_attempts, debts, debt_journal, idempotency_keys, quotes;
ALTER TABLE payment_attempts ENABLE TRIGGER USER;
ALTER TABLE debt_journal ENABLE TRIGGER USER;
INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, free_period_min, deposit, status,
	total_amount, started_at)
SELECT 'bench-' || to_char(i, 'FM00000000'), 'user-' || i, 'PB-' || i, :price, :free, 0, 'ACTIVE',
	0, now() - interval '10 minutes'
FROM generate_series(1, :rentals) i;
