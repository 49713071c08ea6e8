-- A key is its caller's own: the same key of two callers is two keys. The scope names the caller
-- ("start customer:alice"); without identities the caller is one and the same ("start").

CREATE TABLE idempotency_keys_new (
	key           TEXT NOT NULL,
	scope         TEXT NOT NULL DEFAULT '',
	user_id       TEXT NOT NULL DEFAULT '',
	response_json TEXT,
	created_at    TEXT NOT NULL
		DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	fingerprint   TEXT NOT NULL DEFAULT '',
	outcome       TEXT,
	rental_id     TEXT,
	PRIMARY KEY (key, scope)
) STRICT;

INSERT INTO idempotency_keys_new (key, scope, user_id, response_json, created_at, fingerprint,
	outcome, rental_id)
SELECT key, scope, user_id, response_json, created_at, fingerprint, outcome, rental_id
FROM idempotency_keys;

DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_new RENAME TO idempotency_keys;

CREATE INDEX idempotency_keys_rental ON idempotency_keys (rental_id)
	WHERE rental_id IS NOT NULL;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
