/* SPDX-License-Identifier: MIT
 *
 * conn.h - one connection to the server: opening it with the settings that money needs,
 * pipelines of prepared statements with a deadline, and what the server's errors mean to us.
 * Used by one thread or task at a time. Knows no table. The only header with libpq in it.
 */
#ifndef STORAGE_POSTGRES_CONN_H
#define STORAGE_POSTGRES_CONN_H

#include <rent/host.h>

#include <libpq-fe.h>

#include "bind.h"
#include "core/trouble.h"

#include "sql.h"

/* How a pipeline ended, besides 0 and the negative codes. */
enum conn_end {
	/* The connection is gone; sent_all says whether the work may have happened. */
	CONN_LOST = 1,
	CONN_AGAIN, /* deadlock or serialization failure: nothing happened, worth a try */
	CONN_REFUSED, /* the database refused what was sent: nothing happened, and would not */
	CONN_UNFORESEEN, /* an error that is not in our table: nothing happened, and the
			    connection is closed, whatever state it is in */
};

enum conn_prepared {
	PREPARED_AUTO,
	PREPARED_ON,
	PREPARED_OFF
};

struct conn_options {
	const struct rent_host *host;
	_Atomic(const char *) dsn; /* a reload may bring another one */
	const char *application_name;
	int64_t connect_us, statement_us;
	enum conn_prepared prepared;
	/* Where our tables are, as an identifier with quotes where it needs them; "" before it
	 * was found (see schema.h). */
	char schema[2 * RENT_ID_SIZE];
	struct trouble *trouble;
};

/* How long a statement may take until its connection counts as lost, us. */
int64_t conn_patience(const struct conn_options *o);

#define CONN_CODE_SIZE 6

struct conn {
	PGconn *pg; /* NULL: not open */
	const struct conn_options *o;
	bool shared;  /* a task may wait for it; else one thread has it and blocks */
	bool patient; /* no deadline */
	bool pooled;  /* a pooler is in between: nothing outlives a transaction */
	bool named;   /* statements are prepared */
	char commit_level[16]; /* synchronous_commit to be used */
	int64_t backend,
		started; /* pid and start of the server's process, unless pooled */
	struct bind bind;
	/* of the pipeline under way */
	int64_t deadline; /* by wait_now_us(), the clock of those who wait */
	bool sent_all;    /* everything up to its end was handed to the kernel */
	bool warned;      /* the server warned of something */
	bool dead;        /* the connection is of no use any more */
	int end;          /* 0, or enum conn_end, or negative: of the first failure */
	char code[CONN_CODE_SIZE]; /* SQLSTATE of it */
	char constraint[64];       /* name, with CONN_REFUSED; "" none */
	struct rent_error err;
};

/* Connects; c is zeroed or was open before. group: the folder of the statements to be prepared.
 * RENT_EUNAVAIL and its like; nothing is to be closed then. */
int conn_open(struct conn *c, const struct conn_options *o, const char *group,
              struct rent_error *err);
void conn_close(struct conn *c);

/* Was it still there a moment ago? No round trip. */
bool conn_alive(struct conn *c);

/* A pipeline: begin; send each; sync; take a result for each statement in turn; finish.
 * conn_send takes the parameters from c->bind, which the caller filled in after
 * conn_bind(). A failure is kept: later calls do nothing, take gives NULL, and
 * conn_finish() says what it was (0, enum conn_end or negative, c->err). Results belong to
 * the caller. */
void conn_begin(struct conn *c);
struct bind *conn_bind(struct conn *c);
void conn_send(struct conn *c, enum sql_id id);
void conn_sync(struct conn *c);
PGresult *conn_take(struct conn *c);
int conn_finish(struct conn *c);
/* conn_take() of a statement without rows. */
void conn_skip(struct conn *c);

/* Behind a pooler the settings of a session are those of every transaction. Sends them, if
 * so; conn_settled() takes the result. */
void conn_settings(struct conn *c);
void conn_settled(struct conn *c);

/* One statement by itself, its parameters in c->bind. Like conn_finish(), but CONN_LOST is
 * RENT_EUNAVAIL and the others are negative, too. An unforeseen error is noted as trouble
 * (trouble.h) before it is reported. */
int conn_query(struct conn *c, enum sql_id id, PGresult **ret, struct rent_error *err);

/* Sends a statement to be prepared, within a pipeline; the result is as of any other. */
void conn_prepare(struct conn *c, enum sql_id id);

/* Text that is not prepared, on a connection without pipeline. 0 or negative; ret may be
 * NULL. Of several statements in one text, the result of the last. A patient connection
 * (migrations) waits without limit. */
int conn_open_plain(struct conn *c, const struct conn_options *o, struct rent_error *err);
int conn_exec(struct conn *c, const char *text, PGresult **ret, struct rent_error *err);

/* What a person may do about an SQLSTATE. */
const char *conn_cure(const char *code);

/* The end of a pipeline is the server's own trouble: its disk is full, or its data damaged. */
bool conn_is_damage(int end);

#endif
