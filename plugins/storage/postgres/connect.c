/* SPDX-License-Identifier: MIT
 *
 * connect.c - opening a connection: the parameters, what is found out about the server, the
 * settings, the prepared statements. conn.c does the rest.
 */
#include "conn.h"

#define PARAMS_MAX 64

struct params {
	const char *names[PARAMS_MAX + 1], *values[PARAMS_MAX + 1];
	size_t n;
	char connect_timeout[24], user_timeout[24];
};

static bool has(const struct params *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->names[i], name) == 0)
			return true;
	}
	return false;
}

static void set_param(struct params *p, const char *name, const char *value)
{
	if (p->n < PARAMS_MAX && value != NULL && !has(p, name)) {
		p->names[p->n] = name;
		p->values[p->n++] = value;
	}
}

/* The parameters of the DSN, then our defaults for those it leaves out. parsed owns the texts. */
static int make_params(const struct conn_options *o, struct params *p,
                       PQconninfoOption **parsed, struct rent_error *err)
{
	char *why = NULL;
	int64_t seconds = (o->connect_us + RENT_SECOND - 1) / RENT_SECOND;

	*parsed = PQconninfoParse(o->dsn, &why);
	if (*parsed == NULL) {
		(void)rent_fail(err, RENT_EINVAL, "dsn: %s",
		                why == NULL ? "out of memory" : why);
		PQfreemem(why);
		return RENT_EINVAL;
	}
	for (PQconninfoOption *i = *parsed; i->keyword != NULL; i++) {
		if (i->val != NULL && i->val[0] != '\0')
			set_param(p, i->keyword, i->val);
	}
	(void)snprintf(p->connect_timeout, sizeof(p->connect_timeout), "%" PRId64,
	               seconds < 2 ? 2 : seconds);
	(void)snprintf(p->user_timeout, sizeof(p->user_timeout), "%" PRId64,
	               o->statement_us / 1000 + 1000);
	set_param(p, "target_session_attrs", "read-write");
	set_param(p, "application_name", o->application_name);
	set_param(p, "connect_timeout", p->connect_timeout);
	set_param(p, "keepalives_idle", "15");
	set_param(p, "keepalives_interval", "5");
	set_param(p, "keepalives_count", "3");
	set_param(p, "tcp_user_timeout", p->user_timeout);
	set_param(p, "client_encoding", "UTF8");
	return 0;
}

/* Notices are not ours to print; a warning at a commit is of interest (see transaction.c). */
static void on_notice(void *arg, const PGresult *res)
{
	struct conn *c = arg;
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity == NULL)
		return;
	if (strcmp(severity, "WARNING") == 0)
		c->warned = true;
	/* Said while nothing was asked: the session has been ended. */
	if (strcmp(severity, "FATAL") == 0)
		c->dead = true;
}

static int dial(struct conn *c, struct rent_error *err)
{
	struct params p = { .n = 0 };
	PQconninfoOption *parsed;
	int code = make_params(c->o, &p, &parsed, err);

	if (code != 0)
		return code;
	p.names[p.n] = p.values[p.n] = NULL;
	c->pg = PQconnectdbParams(p.names, p.values, 0);
	PQconninfoFree(parsed);
	if (c->pg == NULL)
		return rent_fail(err, RENT_ENOMEM, "database: out of memory");
	if (PQstatus(c->pg) != CONNECTION_OK) {
		code = rent_fail(err, RENT_EUNAVAIL, "database: %.400s",
		                 PQerrorMessage(c->pg));
		err->text[strcspn(err->text, "\n")] = '\0';
	} else if (PQserverVersion(c->pg) < 150000) {
		code = rent_fail(err, RENT_EFAIL,
		                 "database: its version is %d, needed is 15 or newer",
		                 PQserverVersion(c->pg) / 10000);
	}
	(void)PQsetNoticeReceiver(c->pg, on_notice, c);
	return code;
}

/* A pooler invents the process ids that it hands out. That is how it is recognised. */
#define FACTS                                                                               \
	"SELECT pg_backend_pid(), extract(epoch FROM backend_start)::numeric(20,6)::text, " \
	"current_setting('synchronous_commit'), current_setting('fsync') "                  \
	"FROM pg_stat_activity WHERE pid = pg_backend_pid()"

static int64_t number(const char *text)
{
	int64_t v = 0;

	for (; *text != '\0'; text++) {
		if (*text >= '0' && *text <= '9')
			v = v * 10 + (*text - '0');
	}
	return v;
}

static void judge_server(struct conn *c, PGresult *res)
{
	const char *level = PQgetvalue(res, 0, 2);
	bool weak = strcmp(level, "on") != 0 && strcmp(level, "remote_apply") != 0;

	c->backend = number(PQgetvalue(res, 0, 0));
	/* Six decimals: without the point these are microseconds. */
	c->started = number(PQgetvalue(res, 0, 1));
	c->pooled = c->backend != PQbackendPID(c->pg);
	c->named = c->o->prepared == PREPARED_ON ||
	           (c->o->prepared == PREPARED_AUTO && !c->pooled);
	(void)rent_copy(c->commit_level, sizeof(c->commit_level), weak ? "on" : level);
	if (strcmp(PQgetvalue(res, 0, 3), "on") != 0)
		c->o->host->log(c->o->host, RENT_LOG_WARN, NULL,
		                "the server runs with fsync off: a power failure loses "
		                "money");
}

static int learn(struct conn *c, struct rent_error *err)
{
	PGresult *res = NULL;
	int code = conn_exec(c, FACTS, &res, err);

	if (code != 0)
		return code;
	if (PQntuples(res) == 1)
		judge_server(c, res);
	else
		code = rent_fail(err, RENT_EFAIL,
		                 "database: pg_stat_activity does not show this session");
	PQclear(res);
	return code;
}

/* Only index probes are planned (see sql/write/change.sql), and plans are kept. A setting that the
 * server refuses is an error: synchronous_commit must be what money needs. */
static int settle(struct conn *c, struct rent_error *err)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
	               "SET statement_timeout = %" PRId64
	               "; SET synchronous_commit = %s; SET search_path = %s; "
	               "SET enable_seqscan = off; SET enable_hashjoin = off; "
	               "SET enable_mergejoin = off; SET enable_bitmapscan = off; "
	               "SET enable_memoize = off; SET jit = off; "
	               "SET plan_cache_mode = force_generic_plan; "
	               "SET idle_in_transaction_session_timeout = %" PRId64,
	               c->o->statement_us / 1000, c->commit_level, c->o->schema,
	               c->o->statement_us / 1000 + 1000);
	return c->pooled ? 0 : conn_exec(c, text, NULL, err);
}

static bool is_of(enum sql_id id, const char *group)
{
	return strcmp(statements[id].folder, group) == 0;
}

/* A new connection learns first that a table is not what it was. */
static void note_trouble(const struct conn *c, const char *group)
{
	bool reads = strcmp(group, "read") == 0;
	const char *operation = reads ? "preparing to read" : "preparing to write";

	if (c->end == CONN_UNFORESEEN)
		trouble_met(c->o->trouble, reads ? TROUBLE_READING : TROUBLE_WRITING,
		            operation, &c->err);
	else if (c->end == 0)
		trouble_over(c->o->trouble, operation);
}

static int prepare_statements(struct conn *c, const char *group, struct rent_error *err)
{
	int code;

	if (!c->named)
		return 0;
	conn_begin(c);
	conn_settings(c);
	for (enum sql_id id = 0; id < SQL_COUNT; id++) {
		if (is_of(id, group))
			conn_prepare(c, id);
	}
	conn_sync(c);
	conn_settled(c);
	for (enum sql_id id = 0; id < SQL_COUNT; id++) {
		if (is_of(id, group))
			conn_skip(c);
	}
	code = conn_finish(c);
	note_trouble(c, group);
	if (code != 0 && err != NULL)
		*err = c->err;
	return code > 0 ? RENT_EUNAVAIL : code;
}

int conn_open_plain(struct conn *c, const struct conn_options *o, struct rent_error *err)
{
	struct rent_error ignored;
	int code;

	conn_close(c);
	*c = (struct conn){ .o = o, .shared = false };
	code = dial(c, err == NULL ? &ignored : err);
	if (code == 0)
		code = learn(c, err);
	if (code != 0)
		conn_close(c);
	return code;
}

int conn_open(struct conn *c, const struct conn_options *o, const char *group,
              struct rent_error *err)
{
	int code = conn_open_plain(c, o, err);

	if (code != 0)
		return code;
	code = settle(c, err);
	if (code == 0 &&
	    (PQsetnonblocking(c->pg, 1) != 0 || PQenterPipelineMode(c->pg) != 1))
		code = rent_fail(err, RENT_EFAIL, "database: no pipeline: %.300s",
		                 PQerrorMessage(c->pg));
	if (code == 0)
		code = prepare_statements(c, group, err);
	if (code != 0)
		conn_close(c);
	return code;
}

void conn_close(struct conn *c)
{
	PQfinish(c->pg);
	c->pg = NULL;
	bind_done(&c->bind);
}
