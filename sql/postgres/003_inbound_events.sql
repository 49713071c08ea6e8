-- What services report by themselves (plugin webhooks). An event is recorded before it is
-- acknowledged; afterwards only what came of it changes. handled_at 0: nobody has acted on it.

CREATE TABLE inbound_events (
	id           text COLLATE "C" NOT NULL PRIMARY KEY,
	instance     text COLLATE "C" NOT NULL,
	event_id     text COLLATE "C" NOT NULL,
	kind         text COLLATE "C" NOT NULL,
	trust        text COLLATE "C" NOT NULL CHECK (trust IN ('hint', 'proven')),
	operation_id text COLLATE "C" NOT NULL,
	ref          text COLLATE "C" NOT NULL,
	station_id   text COLLATE "C" NOT NULL,
	powerbank_id text COLLATE "C" NOT NULL,
	slot         bigint NOT NULL,
	charge       bigint NOT NULL,
	amount       bigint NOT NULL,
	happened_at  bigint NOT NULL,
	verdict      text COLLATE "C" NOT NULL,
	reason       text COLLATE "C" NOT NULL,
	note         text NOT NULL,
	sha256       text COLLATE "C" NOT NULL,
	received_at  bigint NOT NULL,
	handled_at   bigint NOT NULL DEFAULT 0,
	outcome      text NOT NULL DEFAULT '',
	UNIQUE (instance, event_id)
);

-- Those that nobody has acted on.
CREATE INDEX inbound_events_open ON inbound_events (id) WHERE handled_at = 0;
