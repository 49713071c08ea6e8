-- Quotes, keys and the rentals that they begin.

-- name: quote_put
-- with: id text, user text, station text, price int, free int, deposit int, expires text,
--       now text
INSERT INTO quotes (id, user_id, station_id, price_per_hour, free_period_min, deposit,
	expires_at, created_at)
VALUES (:id, :user, :station, :price, :free, :deposit, :expires, :now);

-- name: quote_get
-- with: id text
SELECT user_id, station_id, price_per_hour, free_period_min, deposit, expires_at
FROM quotes
WHERE id = :id;

-- name: quote_is_used
-- with: id text
SELECT user_id FROM rentals WHERE quote_id = :id;

-- name: key_get
-- with: key text, scope text
SELECT k.scope, k.fingerprint, k.outcome, k.response_json, k.rental_id,
	r.id, r.lease_token, r.lease_until
FROM idempotency_keys k LEFT JOIN rentals r ON r.id = k.rental_id
WHERE k.key = :key AND k.scope = :scope;

-- name: key_put
-- with: key text, scope text, user text, answer text, now text, fingerprint text, outcome text,
--       rental text
INSERT INTO idempotency_keys (key, scope, user_id, response_json, created_at, fingerprint,
	outcome, rental_id)
VALUES (:key, :scope, :user, :answer, :now, :fingerprint, :outcome, :rental);

-- The first answer of a key is its answer.
-- name: key_answer
-- with: rental text, outcome text, answer text
UPDATE idempotency_keys SET outcome = :outcome, response_json = :answer
WHERE rental_id = :rental AND outcome IS NULL;

-- name: rental_put
-- with: id text, user text, station text, quote text, provider text, price int, free int,
--       deposit int, now text, token text, until int, cabinet text, instance text,
--       plugin text, station_plugin text, method text
INSERT INTO rentals (id, user_id, station_id, quote_id, provider, price_per_hour,
	free_period_min, deposit, created_at, lease_token, lease_until, work_at, status, version,
	cabinet_id, station_instance, provider_plugin, station_plugin, payment_method)
VALUES (:id, :user, :station, :quote, :provider, :price, :free, :deposit, :now, :token, :until,
	:until, 'PENDING', 1, :cabinet, :instance, :plugin, :station_plugin,
	:method);
