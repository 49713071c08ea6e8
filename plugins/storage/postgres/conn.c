/* SPDX-License-Identifier: MIT
 *
 * conn.c - pipelines on an open connection; see conn.h. Nothing waits longer than the
 * deadline: the server's own time-outs end before it, so that past it the connection is as
 * good as lost.
 */
#include "conn.h"

#include <errno.h>
#include <poll.h>

#include "common/wait.h"

/* The server gets this much more than its own time-out, to report the time-out itself. */
#define GRACE (2 * RENT_SECOND)

/* First characters of an SQLSTATE, and what it means; the first match counts. */
static const struct {
	const char *code;
	int end;
} meanings[] = {
	{ "40", CONN_AGAIN },       /* serialization failure, deadlock */
	{ "23", CONN_REFUSED },     /* constraints */
	{ "22", CONN_REFUSED },     /* data */
	{ "53100", RENT_EFULL },    /* disk full */
	{ "53", RENT_EUNAVAIL },    /* memory, connections */
	{ "57014", RENT_EUNAVAIL }, /* statement_timeout */
	{ "55P03", CONN_AGAIN },    /* lock_timeout */
	{ "57", CONN_LOST },        /* shutdown, crash of another process */
	{ "25006", CONN_LOST },     /* a standby by now */
	{ "26000", CONN_LOST },     /* somebody threw our statements away */
	{ "08", CONN_LOST },        /* connection */
	{ "XX001", RENT_ECORRUPT }, { "XX002", RENT_ECORRUPT }, { "", CONN_UNFORESEEN },
};

static const struct {
	const char *code, *cure;
} cures[] = {
	{ "0A000", "a table was altered under running hosts; a new connection mends it" },
	{ "42501",
	  "GRANT USAGE ON SCHEMA, and SELECT, INSERT, UPDATE, DELETE ON ALL TABLES and "
	  "USAGE ON ALL SEQUENCES IN it, to the role of the dsn" },
	{ "42P01",
	  "the tables are not those of this program: run rentald --migrate, or restore "
	  "what was dropped or renamed" },
	{ "42703",
	  "the tables are not those of this program: run rentald --migrate, or restore "
	  "what was dropped or renamed" },
	{ "42883",
	  "the functions are not those of this program: restore what was dropped" },
	{ "3F000", "the schema was dropped or renamed: restart after it is back" },
	{ "P0001", "a trigger or function of somebody else refuses it: see its text" },
	{ "53100", "the disk of the server is full: make room there" },
	{ "XX00", "the data of the server is damaged: see its log, restore a backup" },
	{ "", "see the log of the server" },
};

const char *conn_cure(const char *code)
{
	size_t i = 0;

	while (strncmp(cures[i].code, code, strlen(cures[i].code)) != 0)
		i++;
	return cures[i].cure;
}

bool conn_is_damage(int end)
{
	return end == RENT_EFULL || end == RENT_ECORRUPT;
}

static int meaning_of(const char *code)
{
	size_t i = 0;

	while (strncmp(meanings[i].code, code, strlen(meanings[i].code)) != 0)
		i++;
	return meanings[i].end;
}

/* A result that was seen before stays as it was: an error has undone the transaction
 * already. */
static void lose(struct conn *c, const char *why)
{
	c->dead = true;
	if (c->end != 0)
		return;
	c->end = CONN_LOST;
	(void)rent_fail(&c->err, RENT_EUNAVAIL, "database: connection lost: %.300s", why);
	c->err.text[strcspn(c->err.text, "\n")] = '\0';
}

static void note_error(struct conn *c, const PGresult *res)
{
	const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
	const char *name = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
	bool cure;

	if (c->end != 0)
		return;
	if (code == NULL) {
		lose(c, PQerrorMessage(c->pg));
		return;
	}
	c->end = meaning_of(code);
	c->dead = c->end == CONN_LOST || c->end == CONN_UNFORESEEN;
	(void)rent_copy(c->code, sizeof(c->code), code);
	(void)rent_copy(c->constraint, sizeof(c->constraint), name);
	cure = c->end == CONN_UNFORESEEN || conn_is_damage(c->end);
	(void)rent_fail(&c->err, c->end < 0 ? c->end : RENT_EFAIL,
	                "database: %.140s%s%.140s (%s)%s%.160s",
	                message == NULL ? "" : message, detail == NULL ? "" : ": ",
	                detail == NULL ? "" : detail, code, cure ? "; " : "",
	                cure ? conn_cure(code) : "");
}

/* Reads what has come unasked: that the session was ended, or the end itself. */
bool conn_alive(struct conn *c)
{
	struct pollfd p = { .events = POLLIN };

	if (c->pg == NULL || PQstatus(c->pg) != CONNECTION_OK)
		return false;
	p.fd = PQsocket(c->pg);
	while (!c->dead && poll(&p, 1, 0) > 0) {
		if (PQconsumeInput(c->pg) != 1)
			return false;
		(void)PQisBusy(c->pg);
	}
	return !c->dead && PQstatus(c->pg) == CONNECTION_OK;
}

/* A task waits for one thing only. To be able to write is enough: nobody shares a connection to
 * send so much that the server has to be listened to before it has read it all. */
static bool park_for(struct conn *c, short events)
{
	if (c->o->host->task->wait_fd(PQsocket(c->pg), (events & POLLOUT) != 0,
	                              c->deadline))
		return true;
	lose(c, "no answer in time");
	return false;
}

/* False: the deadline has passed or the socket is broken. */
static bool wait_for(struct conn *c, short events)
{
	struct pollfd p = { .fd = PQsocket(c->pg), .events = events };
	int n;

	if (c->shared)
		return park_for(c, events);

	do {
		int64_t left = c->deadline - wait_now_us();

		n = poll(&p, 1, c->patient ? -1 : left <= 0 ? 0 : (int)(left / 1000 + 1));
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return true;
	lose(c, n == 0 ? "no answer in time" : strerror(errno));
	return false;
}

int64_t conn_patience(const struct conn_options *o)
{
	return o->statement_us + GRACE;
}

void conn_begin(struct conn *c)
{
	c->deadline = wait_now_us() + conn_patience(c->o);
	c->sent_all = c->warned = c->dead = false;
	c->end = 0;
	c->code[0] = c->constraint[0] = '\0';
	if (c->pg == NULL)
		lose(c, "not connected");
}

struct bind *conn_bind(struct conn *c)
{
	bind_reset(&c->bind);
	return &c->bind;
}

/* Types of parameters, by the letters of statements.h. */
static Oid oid_of(char letter)
{
	static const struct {
		char letter;
		Oid oid;
	} types[] = { { 't', 25 },   { 'i', 20 },   { 'b', 16 },   { 'm', 1184 },
		      { 'u', 2950 }, { 'T', 1009 }, { 'I', 1016 }, { 'B', 1000 },
		      { 'M', 1185 }, { '\0', 0 } };
	size_t i = 0;

	while (types[i].letter != letter && types[i].letter != '\0')
		i++;
	return types[i].oid;
}

static int types_of(enum sql_id id, Oid oids[BIND_MAX])
{
	const char *letters = statements[id].types;
	int n = 0;

	for (; letters[n] != '\0'; n++)
		oids[n] = oid_of(letters[n]);
	return n;
}

void conn_send(struct conn *c, enum sql_id id)
{
	const struct bind *a = &c->bind;
	const char *values[BIND_MAX];
	int formats[BIND_MAX];
	Oid types[BIND_MAX];
	int ok;

	if (c->end != 0)
		return;
	if (a->failed || a->n != types_of(id, types)) {
		c->end = rent_fail(&c->err, a->failed ? RENT_ENOMEM : RENT_EFAIL,
		                   "statement %s: its %d parameters", statements[id].name,
		                   a->n);
		return;
	}
	for (int i = 0; i < a->n; i++) {
		values[i] = a->length[i] < 0 ? NULL : a->data + a->at[i];
		formats[i] = 1;
	}
	ok = c->named ? PQsendQueryPrepared(c->pg, statements[id].name, a->n, values,
	                                    a->length, formats, 1)
	              : PQsendQueryParams(c->pg, statements[id].text, a->n, types, values,
	                                  a->length, formats, 1);
	if (ok != 1)
		lose(c, PQerrorMessage(c->pg));
}

void conn_prepare(struct conn *c, enum sql_id id)
{
	Oid types[BIND_MAX];
	int n = types_of(id, types);

	if (c->end == 0 &&
	    PQsendPrepare(c->pg, statements[id].name, statements[id].text, n, types) != 1)
		lose(c, PQerrorMessage(c->pg));
}

void conn_sync(struct conn *c)
{
	int left = 1;

	if (c->end == 0 && PQpipelineSync(c->pg) != 1)
		lose(c, PQerrorMessage(c->pg));
	while (c->end == 0 && left != 0) {
		left = PQflush(c->pg);
		if (left < 0 || (left > 0 && wait_for(c, POLLIN | POLLOUT) &&
		                 PQconsumeInput(c->pg) != 1))
			lose(c, PQerrorMessage(c->pg));
	}
	c->sent_all = left == 0;
}

/* The next thing that comes, NULL at the end of a statement's results or when lost. */
static PGresult *next_result(struct conn *c)
{
	while (PQisBusy(c->pg)) {
		if (!wait_for(c, POLLIN))
			return NULL;
		if (PQconsumeInput(c->pg) != 1) {
			/* Results that arrived before the connection ended can still be
			 * read. */
			if (PQisBusy(c->pg)) {
				lose(c, PQerrorMessage(c->pg));
				return NULL;
			}
		}
	}
	return PQgetResult(c->pg);
}

PGresult *conn_take(struct conn *c)
{
	PGresult *res, *more;
	ExecStatusType status;

	if (c->end != 0)
		return NULL;
	res = next_result(c);
	if (res == NULL) {
		lose(c, PQerrorMessage(c->pg));
		return NULL;
	}
	status = PQresultStatus(res);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		note_error(c, res);
		PQclear(res);
		return NULL;
	}
	more = next_result(c);
	PQclear(more);
	if (c->end == 0)
		return res;
	PQclear(res);
	return NULL;
}

void conn_skip(struct conn *c)
{
	PQclear(conn_take(c));
}

/* Reads up to the mark that conn_sync() sent. */
static void drain(struct conn *c)
{
	bool synced = false;

	while (!synced && !c->dead) {
		PGresult *res = next_result(c);
		ExecStatusType status = PQresultStatus(res);

		synced = res != NULL && status == PGRES_PIPELINE_SYNC;
		if (res != NULL && status == PGRES_FATAL_ERROR)
			note_error(c, res);
		PQclear(res);
		if (PQstatus(c->pg) != CONNECTION_OK)
			lose(c, PQerrorMessage(c->pg));
	}
}

/* A failed transaction stays open until ROLLBACK ends it. */
static void roll_back(struct conn *c)
{
	int end = c->end;

	c->end = 0;
	(void)conn_bind(c);
	conn_send(c, SQL_ROLLBACK);
	conn_sync(c);
	conn_skip(c);
	if (c->end == 0)
		drain(c);
	c->dead = c->dead || c->end != 0;
	c->end = end;
}

int conn_finish(struct conn *c)
{
	struct rent_error err;

	if (c->pg == NULL)
		return c->end;
	/* Without the mark there is nothing that ends. */
	if (!c->dead && c->sent_all)
		drain(c);
	err = c->err;
	if (!c->dead && c->sent_all && PQtransactionStatus(c->pg) != PQTRANS_IDLE)
		roll_back(c);
	c->err = err;
	if (c->dead || !c->sent_all) {
		PQfinish(c->pg);
		c->pg = NULL;
	}
	return c->end;
}

void conn_settings(struct conn *c)
{
	char timeout[24];
	struct bind *a = conn_bind(c);

	if (!c->pooled)
		return;
	(void)snprintf(timeout, sizeof(timeout), "%" PRId64, c->o->statement_us / 1000);
	bind_text(a, timeout);
	bind_text(a, c->commit_level);
	bind_text(a, c->o->schema);
	conn_send(c, SQL_SETTINGS);
}

void conn_settled(struct conn *c)
{
	if (c->pooled)
		conn_skip(c);
}

/* The settings take a transaction, which a pipeline without BEGIN is. */
int conn_query(struct conn *c, enum sql_id id, PGresult **ret, struct rent_error *err)
{
	struct bind mine = c->bind;
	PGresult *res;
	int code;

	conn_begin(c);
	c->bind = (struct bind){ 0 };
	conn_settings(c);
	bind_done(&c->bind);
	c->bind = mine;
	conn_send(c, id);
	conn_sync(c);
	conn_settled(c);
	res = conn_take(c);
	code = conn_finish(c);
	if (code == 0) {
		*ret = res;
		return 0;
	}
	PQclear(res);
	if (err != NULL)
		*err = c->err;
	if (code == CONN_LOST || code == CONN_AGAIN || code == CONN_UNFORESEEN)
		return RENT_EUNAVAIL;
	return code < 0 ? code : RENT_EFAIL;
}

int conn_exec(struct conn *c, const char *text, PGresult **ret, struct rent_error *err)
{
	PGresult *last = NULL, *res;

	conn_begin(c);
	if (c->end == 0 && PQsendQuery(c->pg, text) != 1)
		lose(c, PQerrorMessage(c->pg));
	while (!c->dead && (res = next_result(c)) != NULL) {
		ExecStatusType status = PQresultStatus(res);

		if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
			note_error(c, res);
		PQclear(last);
		last = res;
	}
	if (c->end == 0 && ret != NULL)
		*ret = last;
	else
		PQclear(last);
	if (c->end != 0 && err != NULL)
		*err = c->err;
	if (c->end == CONN_LOST || c->end == CONN_AGAIN)
		return RENT_EUNAVAIL;
	if (strcmp(c->code, "42501") == 0)
		return RENT_EPERM;
	return c->end > 0 ? RENT_EFAIL : c->end;
}
