/* SPDX-License-Identifier: MIT
 *
 * batch.c - running a batch: one pipeline from BEGIN to COMMIT, and what follows from its
 * end. What is sent for each kind of job is the kind's (start.c, advance.c, …); what a lost
 * commit means is outcome.c's.
 */
#include "batch.h"

#include <stdlib.h>

#include "outcome.h"

#include "common/failpoint.h"

/* Tries at a transaction that deadlocks or cannot be serialised, and the first pause. */
#define TRIES 6
#define PAUSE (5 * RENT_SECOND / 1000)

static const struct kind *const kinds[JOB_KINDS] = {
	[JOB_QUOTE] = &quote_kind,     [JOB_START] = &start_kind,
	[JOB_ADVANCE] = &advance_kind, [JOB_CLAIM] = &claim_kind,
	[JOB_PURGE] = &purge_kind,
};

void unit_fail(struct unit *unit, int code, const struct rent_error *err)
{
	if (unit->job->code != 0)
		return;
	unit->job->code = code;
	unit->job->err = *err;
	unit->job->err.code = code;
}

void *slice_rows(const struct slice *s, size_t n, size_t size)
{
	void *rows = calloc(n, size);

	if (rows == NULL)
		s->conn->end =
			rent_fail(&s->conn->err, RENT_ENOMEM, "batch: out of memory");
	return rows;
}

static void fail_all(struct unit *units, size_t n, int code, const struct rent_error *err)
{
	for (size_t i = 0; i < n; i++)
		unit_fail(&units[i], code, err);
}

/* Units of a kind stand together. */
void batch_each(struct batch *b, struct unit *units, size_t n,
                void (*fn)(const struct kind *kind, struct slice *s, void *arg),
                void *arg)
{
	size_t from = 0;

	while (from < n) {
		enum job_kind kind = units[from].job->kind;
		struct slice s = { .conn = b->conn, .units = units + from };

		while (from + s.n < n && units[from + s.n].job->kind == kind)
			s.n++;
		memcpy(s.mark, b->mark, sizeof(s.mark));
		s.mark[BATCH_MARK - 1] = (unsigned char)kind;
		fn(kinds[kind], &s, arg);
		from += s.n;
	}
}

static void send_slice(const struct kind *kind, struct slice *s, void *arg)
{
	(void)arg;
	kind->send(s);
}

static void take_slice(const struct kind *kind, struct slice *s, void *arg)
{
	(void)arg;
	kind->take(s);
}

static void commit_slice(const struct kind *kind, struct slice *s, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < s->n; i++)
		s->units[i].job->applied = true;
	if (kind->committed != NULL)
		kind->committed(s);
}

static bool may_be_lost(const struct batch *b, const struct unit *units, size_t n)
{
	return !b->quotes_durable && units[n - 1].job->kind == JOB_QUOTE &&
	       units[0].job->kind == JOB_QUOTE;
}

static void send_plain(struct conn *c, enum sql_id id)
{
	(void)conn_args(c);
	conn_send(c, id);
}

/* One transaction. */
static int attempt(struct batch *b, struct unit *units, size_t n)
{
	struct conn *c = b->conn;
	bool forgetful = may_be_lost(b, units, n);
	PGresult *res;

	b->options->host->random(b->options->host, b->mark, sizeof(b->mark));
	conn_begin(c);
	send_plain(c, SQL_BEGIN);
	conn_settings(c);
	if (forgetful)
		send_plain(c, SQL_FORGETFUL);
	batch_each(b, units, n, send_slice, NULL);
	send_plain(c, SQL_COMMIT);
	RENT_FAILPOINT("postgres.committing");
	conn_sync(c);
	RENT_FAILPOINT("postgres.sent");
	conn_skip(c);
	conn_settled(c);
	if (forgetful)
		conn_skip(c);
	batch_each(b, units, n, take_slice, NULL);
	res = conn_take(c);
	b->committed = res != NULL;
	RENT_FAILPOINT("postgres.committed");
	PQclear(res);
	return conn_finish(c);
}

static void pause_before(struct batch *b, int try)
{
	const struct rent_host *host = b->options->host;
	uint32_t dice;

	host->random(host, &dice, sizeof(dice));
	host->sleep_us(host, (PAUSE << try) / 2 + dice % (PAUSE << try));
}

static int run_again(struct batch *b, struct unit *units, size_t n)
{
	int end = attempt(b, units, n);

	for (int try = 0; end == CONN_AGAIN && try < TRIES; try++) {
		pause_before(b, try);
		end = attempt(b, units, n);
	}
	return end;
}

static void refuse(struct unit *unit, struct conn *conn)
{
	const struct kind *kind = kinds[unit->job->kind];

	if (kind->refused != NULL)
		kind->refused(unit, conn);
	else
		unit_fail(unit, RENT_EFAIL, &conn->err);
}

static int note_failure(struct batch *b, struct unit *units, size_t n, int code)
{
	b->err = b->conn->err;
	b->err.code = code;
	fail_all(units, n, code, &b->err);
	return code;
}

static int judge_lost(struct batch *b, struct unit *units, size_t n)
{
	/* An error came first, or the end was never sent: it cannot have happened. */
	if (b->conn->code[0] != '\0' || !b->conn->sent_all)
		return note_failure(b, units, n, RENT_EUNAVAIL);
	return outcome_find(b, units, n);
}

static int run(struct batch *b, struct unit *units, size_t n)
{
	int end = run_again(b, units, n);

	if (b->committed && b->conn->warned) {
		(void)rent_fail(
			&b->conn->err, RENT_EINDOUBT,
			"database: committed, but the standby did not confirm it");
		return note_failure(b, units, n, RENT_EINDOUBT);
	}
	if (b->committed) {
		batch_each(b, units, n, commit_slice, NULL);
		return 0;
	}
	if (end == CONN_LOST)
		return judge_lost(b, units, n);
	if (end == CONN_AGAIN)
		return note_failure(b, units, n, RENT_EUNAVAIL);
	if (end != CONN_REFUSED)
		return note_failure(b, units, n, end);
	if (n == 1) {
		refuse(units, b->conn);
		return 0;
	}
	end = run(b, units, n / 2);
	/* Without a connection the other half would only be refused more slowly. */
	if (b->conn->pg == NULL) {
		fail_all(units + n / 2, n - n / 2, RENT_EUNAVAIL, &b->err);
		return end;
	}
	return run(b, units + n / 2, n - n / 2);
}

static int compare(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	if (x->job->kind != y->job->kind)
		return (int)x->job->kind - (int)y->job->kind;
	return strcmp(x->order, y->order);
}

/* A part of an advance that happened makes the failure of the rest a doubt. */
static void settle_parts(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct job *job = b->units[i].job;

		if (job->kind == JOB_ADVANCE && job->code < 0 && job->applied)
			job->code = job->err.code = RENT_EINDOUBT;
	}
}

int batch_run(struct batch *b)
{
	int code;

	if (b->n == 0)
		return 0;
	qsort(b->units, b->n, sizeof(*b->units), compare);
	code = run(b, b->units, b->n);
	settle_parts(b);
	return code;
}

void batch_add(struct batch *b, struct job *job)
{
	struct unit *units = b->units + b->n;

	for (size_t i = 0; i < job->units; i++)
		units[i] = (struct unit){ .job = job, .order = "" };
	kinds[job->kind]->split(job, units);
	b->n += job->units;
	job->code = 0;
	job->applied = false;
}

bool batch_claims(struct job *job, bool (*add)(void *arg, char type, const char *text),
                  void *arg)
{
	const struct kind *kind = kinds[job->kind];

	return kind->claims == NULL || kind->claims(job, add, arg);
}
