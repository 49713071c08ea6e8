-- What services report by themselves (plugin webhooks). An event is recorded before it is
-- acknowledged; afterwards only what came of it changes. handled_at 0: nobody has acted on it.

CREATE TABLE inbound_events (
	id           TEXT NOT NULL PRIMARY KEY,
	instance     TEXT NOT NULL,
	event_id     TEXT NOT NULL,
	kind         TEXT NOT NULL,
	trust        TEXT NOT NULL CHECK (trust IN ('hint', 'proven')),
	operation_id TEXT NOT NULL,
	ref          TEXT NOT NULL,
	station_id   TEXT NOT NULL,
	powerbank_id TEXT NOT NULL,
	slot         INTEGER NOT NULL,
	charge       INTEGER NOT NULL,
	amount       INTEGER NOT NULL,
	happened_at  INTEGER NOT NULL,
	verdict      TEXT NOT NULL,
	reason       TEXT NOT NULL,
	note         TEXT NOT NULL,
	sha256       TEXT NOT NULL,
	received_at  INTEGER NOT NULL,
	handled_at   INTEGER NOT NULL DEFAULT 0,
	outcome      TEXT NOT NULL DEFAULT '',
	UNIQUE (instance, event_id)
) STRICT, WITHOUT ROWID;

-- Those that nobody has acted on.
CREATE INDEX inbound_events_open ON inbound_events (id) WHERE handled_at = 0;
