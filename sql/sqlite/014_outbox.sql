-- What changes of rentals tell other systems (plugin webhooks_out): a row is written in the
-- transaction of the change, and afterwards only its delivery changes. seq: the order of delivery of
-- the messages of a rental to an endpoint. next_at: when the next try may begin; while one is under
-- way, when it counts as lost.

CREATE TABLE outbox (
	seq        INTEGER NOT NULL PRIMARY KEY,
	id         TEXT NOT NULL,
	endpoint   TEXT NOT NULL,
	rental_id  TEXT NOT NULL,
	type       TEXT NOT NULL,
	data       TEXT NOT NULL,
	state      TEXT NOT NULL DEFAULT 'OPEN'
		CHECK (state IN ('OPEN', 'DELIVERED', 'SET_ASIDE')),
	tries      INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	next_at    INTEGER NOT NULL,
	ended_at   INTEGER NOT NULL DEFAULT 0,
	note       TEXT NOT NULL DEFAULT '',
	UNIQUE (endpoint, id)
) STRICT;

-- What is to be sent, and what of a rental must be sent first.
CREATE INDEX outbox_open ON outbox (endpoint, next_at) WHERE state = 'OPEN';
CREATE INDEX outbox_order ON outbox (endpoint, rental_id, seq) WHERE state = 'OPEN';
CREATE INDEX outbox_set_aside ON outbox (endpoint, id) WHERE state = 'SET_ASIDE';
