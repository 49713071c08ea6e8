-- A key is its caller's own: the same key of two callers is two keys. The scope names the caller
-- ("start customer:alice"); without identities the caller is one and the same ("start").

ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey;
ALTER TABLE idempotency_keys ADD PRIMARY KEY (key, scope);
