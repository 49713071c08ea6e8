/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_sql/link.c - connects, prepares, asks. See link.h.
 */
#include "link.h"

/* One line, as a log has it. */
static int fail_with(struct rent_error *err, int code, const char *about, const char *why)
{
	(void)rent_fail(err, code, "%s: %.300s", about, why);
	err->text[strcspn(err->text, "\n")] = '\0';
	return code;
}

static int execute_sql(PGconn *pg, const char *sql, struct rent_error *err)
{
	PGresult *res = PQexec(pg, sql);
	int code =
		PQresultStatus(res) == PGRES_COMMAND_OK
			? 0
			: fail_with(err, RENT_EUNAVAIL, "database", PQerrorMessage(pg));

	PQclear(res);
	return code;
}

/* A query that the server does not understand is wrong; what has no SQLSTATE of that kind is
 * the server's trouble. */
static int judge_refusal(const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	return state != NULL && strncmp(state, "42", 2) == 0 ? RENT_EINVAL
	                                                     : RENT_EUNAVAIL;
}

static int prepare_query(struct link *link, enum query query, struct rent_error *err)
{
	const char *name = columns_query_name(query);
	char about[64];
	PGresult *res;
	int code = 0;

	(void)snprintf(about, sizeof(about), "options.%s", name);
	res = PQprepare(link->pg, name, link->options->queries[query], 0, NULL);
	if (PQresultStatus(res) == PGRES_COMMAND_OK) {
		PQclear(res);
		res = PQdescribePrepared(link->pg, name);
	}
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		code = fail_with(err, judge_refusal(res), about,
		                 PQerrorMessage(link->pg));
	else
		code = columns_check(query, res, err);
	PQclear(res);
	return code;
}

static int settle(struct link *link, struct rent_error *err)
{
	char text[160];

	(void)snprintf(text, sizeof(text),
	               "SET default_transaction_read_only = on; "
	               "SET statement_timeout = %" PRId64,
	               link->options->timeout_us / 1000);
	return execute_sql(link->pg, text, err);
}

static PGconn *connect_to(const struct link_options *options)
{
	char seconds[24], timeout[24];
	const char *const names[] = { "application_name", "connect_timeout",
		                      "tcp_user_timeout", "client_encoding",
		                      "dbname",           NULL };
	const char *const values[] = { "rentald catalog", seconds, timeout, "UTF8",
		                       options->dsn,      NULL };

	(void)snprintf(timeout, sizeof(timeout), "%" PRId64, options->timeout_us / 1000);
	(void)snprintf(seconds, sizeof(seconds), "%" PRId64,
	               options->timeout_us / RENT_SECOND + 1);
	return PQconnectdbParams(names, values, 1);
}

static void ignore_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

int link_open(struct link *link, struct rent_error *err)
{
	int code;

	link_close(link);
	link->pg = connect_to(link->options);
	(void)PQsetNoticeReceiver(link->pg, ignore_notice, NULL);
	if (PQstatus(link->pg) != CONNECTION_OK)
		code = fail_with(err, RENT_EUNAVAIL, "database",
		                 PQerrorMessage(link->pg));
	else
		code = settle(link, err);
	for (int query = 0; query < QUERIES && code == 0; query++) {
		if (link->options->queries[query][0] != '\0')
			code = prepare_query(link, (enum query)query, err);
	}
	if (code == 0 && PQsetnonblocking(link->pg, 1) != 0)
		code = rent_fail(err, RENT_EUNAVAIL, "database: no connection");
	if (code != 0)
		link_close(link);
	return code;
}

void link_close(struct link *link)
{
	PQfinish(link->pg);
	link->pg = NULL;
}

static bool wait_for(const struct link *link, bool writing, int64_t deadline_us)
{
	return link->options->host->task->wait_fd(PQsocket(link->pg), writing,
	                                          deadline_us);
}

/* Sends what is left to be sent, and waits until the whole answer is there. */
static bool answered(const struct link *link, int64_t deadline_us)
{
	int left = PQflush(link->pg);

	while (left == 1 && wait_for(link, true, deadline_us))
		left = PQflush(link->pg);
	if (left != 0)
		return false;
	while (PQisBusy(link->pg) == 1) {
		if (!wait_for(link, false, deadline_us) || PQconsumeInput(link->pg) != 1)
			return false;
	}
	return true;
}

/* The rows, with the end of the answer read as well. NULL: no answer. */
static PGresult *take_rows(const struct link *link, int64_t deadline_us)
{
	PGresult *rows = PQgetResult(link->pg), *more;

	while (rows != NULL && answered(link, deadline_us) &&
	       (more = PQgetResult(link->pg)) != NULL)
		PQclear(more);
	return rows;
}

PGresult *link_ask(struct link *link, enum query query, const char *id,
                   int64_t deadline_us, struct rent_error *err)
{
	int64_t until = link->options->host->mono_us(link->options->host) +
	                link->options->timeout_us;
	int params = columns_takes_id(query) ? 1 : 0;
	PGresult *rows = NULL;

	if (deadline_us < until)
		until = deadline_us;
	if (PQsendQueryPrepared(link->pg, columns_query_name(query), params, &id, NULL,
	                        NULL, 0) == 1 &&
	    answered(link, until))
		rows = take_rows(link, until);
	if (PQresultStatus(rows) == PGRES_TUPLES_OK &&
	    PQtransactionStatus(link->pg) == PQTRANS_IDLE)
		return rows;
	(void)fail_with(err, RENT_EUNAVAIL, columns_query_name(query),
	                PQerrorMessage(link->pg)[0] != '\0' ? PQerrorMessage(link->pg)
	                                                    : "no answer in time");
	PQclear(rows);
	if (PQtransactionStatus(link->pg) != PQTRANS_IDLE)
		link_close(link);
	return NULL;
}
