-- The tables of the contract (rentals, quotes, payment_attempts, debts, idempotency_keys)
-- and two of our own (operations, debt_journal). Inserts that name only the contract's
-- columns work. Times of the contract are text, "YYYY-MM-DD HH:MM:SS.ffffff" in UTC, as
-- SQLite's own date functions write them; times of our own are microseconds since 1970.
-- What must hold whoever writes is a constraint here.

CREATE TABLE rentals (
	id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
	user_id         TEXT    NOT NULL,
	powerbank_id    TEXT    NOT NULL DEFAULT 'PENDING',
	price_per_hour  INTEGER NOT NULL CHECK (price_per_hour >= 0),
	free_period_min INTEGER NOT NULL CHECK (free_period_min >= 0),
	deposit         INTEGER NOT NULL CHECK (deposit >= 0),
	status          TEXT    NOT NULL
		CHECK (status IN ('PENDING', 'ACTIVE', 'FINISHED', 'BUYOUT', 'FAILED')),
	total_amount    INTEGER NOT NULL DEFAULT 0 CHECK (total_amount >= 0),
	started_at      TEXT,
	finished_at     TEXT,
	station_id      TEXT    NOT NULL DEFAULT '',
	quote_id        TEXT,
	provider        TEXT    NOT NULL DEFAULT '',
	settlement      TEXT    NOT NULL DEFAULT 'OPEN'
		CHECK (settlement IN ('OPEN', 'PENDING', 'DONE')),
	created_at      TEXT    NOT NULL
		DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	version         INTEGER NOT NULL DEFAULT 0,
	lease_token     TEXT,
	lease_until     INTEGER,
	work_at         INTEGER,
	work_tries      INTEGER NOT NULL DEFAULT 0,
	final_amount    INTEGER CHECK (final_amount >= 0)
) STRICT, WITHOUT ROWID;

-- One rental per quote.
CREATE UNIQUE INDEX rentals_quote ON rentals (quote_id) WHERE quote_id IS NOT NULL;
-- A powerbank is in at most one live rental.
CREATE UNIQUE INDEX rentals_powerbank ON rentals (powerbank_id)
	WHERE status = 'ACTIVE' AND powerbank_id <> 'PENDING';
CREATE INDEX rentals_live ON rentals (status)
	WHERE status = 'PENDING' OR status = 'ACTIVE';
CREATE INDEX rentals_unsettled ON rentals (id) WHERE settlement = 'PENDING';
CREATE INDEX rentals_work ON rentals (work_at) WHERE work_at IS NOT NULL;
CREATE INDEX rentals_created ON rentals (created_at, id);
CREATE INDEX rentals_user ON rentals (user_id, created_at, id);

CREATE TABLE quotes (
	id              TEXT    NOT NULL PRIMARY KEY,
	user_id         TEXT    NOT NULL,
	station_id      TEXT    NOT NULL,
	price_per_hour  INTEGER NOT NULL CHECK (price_per_hour >= 0),
	free_period_min INTEGER NOT NULL CHECK (free_period_min >= 0),
	deposit         INTEGER NOT NULL CHECK (deposit >= 0),
	expires_at      TEXT    NOT NULL,
	created_at      TEXT    NOT NULL
		DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')
) STRICT, WITHOUT ROWID;

CREATE INDEX quotes_expiry ON quotes (expires_at);

-- Every call that moves money or hardware; seq is the order in which they were recorded.
CREATE TABLE operations (
	seq         INTEGER PRIMARY KEY,
	id          TEXT    NOT NULL UNIQUE,
	rental_id   TEXT    NOT NULL,
	target_id   TEXT,
	kind        TEXT    NOT NULL
		CHECK (kind IN ('hold', 'capture', 'release', 'charge', 'refund', 'eject')),
	purpose     TEXT    NOT NULL
		CHECK (purpose IN ('start', 'accrual', 'debt', 'settle')),
	state       TEXT    NOT NULL DEFAULT 'INTENT'
		CHECK (state IN ('INTENT', 'SUCCEEDED', 'DECLINED', 'NOT_EXECUTED', 'PENDING',
				 'UNKNOWN', 'MANUAL')),
	amount      INTEGER NOT NULL CHECK (amount >= 0),
	processed   INTEGER NOT NULL DEFAULT 0 CHECK (processed >= 0),
	used        INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
	tries       INTEGER NOT NULL DEFAULT 0,
	ref         TEXT,
	result      TEXT,
	note        TEXT,
	created_at  INTEGER NOT NULL,
	resolved_at INTEGER,
	expires_at  INTEGER,
	CHECK (used <= processed)
) STRICT;

CREATE INDEX operations_rental ON operations (rental_id);
-- At most one charge in flight per rental.
CREATE UNIQUE INDEX operations_one_take ON operations (rental_id)
	WHERE kind IN ('charge', 'capture') AND state IN ('INTENT', 'PENDING', 'UNKNOWN');
-- One hold and one eject per rental.
CREATE UNIQUE INDEX operations_start ON operations (rental_id, kind)
	WHERE kind IN ('hold', 'eject');
-- What is not resolved; small however many rentals there are.
CREATE INDEX operations_live ON operations (rental_id, kind, state, amount, purpose)
	WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL');
CREATE INDEX operations_settle ON operations (rental_id) WHERE purpose = 'settle';

CREATE TABLE payment_attempts (
	id         INTEGER PRIMARY KEY,
	rental_id  TEXT    NOT NULL,
	amount     INTEGER NOT NULL CHECK (amount >= 0),
	success    INTEGER NOT NULL CHECK (success IN (0, 1)),
	error      TEXT,
	created_at TEXT    NOT NULL
		DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')
) STRICT;

CREATE INDEX payment_attempts_rental ON payment_attempts (rental_id);

-- The truth about debt, also when an operator writes it.
CREATE TABLE debts (
	rental_id       TEXT    NOT NULL PRIMARY KEY,
	amount_total    INTEGER NOT NULL CHECK (amount_total >= 0),
	updated_at      TEXT    NOT NULL
		DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	attempts        INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
	last_attempt_at TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX debts_owing ON debts (rental_id, amount_total) WHERE amount_total > 0;

-- What moved a debt and why; what is not explained here was done by somebody else.
CREATE TABLE debt_journal (
	id           INTEGER PRIMARY KEY,
	rental_id    TEXT    NOT NULL,
	delta        INTEGER NOT NULL,
	amount_after INTEGER NOT NULL CHECK (amount_after >= 0),
	reason       TEXT    NOT NULL,
	op_id        TEXT,
	created_at   TEXT    NOT NULL
		DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')
) STRICT;

CREATE INDEX debt_journal_rental ON debt_journal (rental_id);

CREATE TABLE idempotency_keys (
	key           TEXT NOT NULL PRIMARY KEY,
	scope         TEXT NOT NULL DEFAULT '',
	user_id       TEXT NOT NULL DEFAULT '',
	response_json TEXT,
	created_at    TEXT NOT NULL
		DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	fingerprint   TEXT NOT NULL DEFAULT '',
	outcome       TEXT,
	rental_id     TEXT
) STRICT;

CREATE INDEX idempotency_keys_rental ON idempotency_keys (rental_id)
	WHERE rental_id IS NOT NULL;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
