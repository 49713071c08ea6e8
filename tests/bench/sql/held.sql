-- held.sql - gives each running rental a deposit of 300 that is held.
UPDATE rentals SET deposit = 300;
INSERT INTO operations (id, rental_id, kind, purpose, state, amount, processed, created_at, resolved_at)
SELECT 'hold-' || id, id, 'hold', 'start', 'SUCCEEDED', 300, 300, rent_now_us(), rent_now_us()
FROM rentals;
