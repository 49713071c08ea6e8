/* SPDX-License-Identifier: MIT
 *
 * transaction.c - running a batch: one pipeline from BEGIN to COMMIT, and what follows from its
 * end. Each kind of job sends its own statements (start.c, advance.c, …);
 * lost_commit.c finds out about a lost commit.
 */
#include "transaction.h"

#include <stdlib.h>

#include "lost_commit.h"
#include "schema.h"

#include "common/failpoint.h"

/* Tries at a transaction that deadlocks or cannot be serialised, and the first pause. */
#define TRIES 6
#define PAUSE (5 * RENT_SECOND / 1000)

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
	trouble_over(s->conn->o->trouble, kind->name);
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
	(void)conn_bind(c);
	conn_send(c, id);
}

/* One transaction. */
static int try_once(struct batch *b, struct unit *units, size_t n)
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

static int try_again(struct batch *b, struct unit *units, size_t n)
{
	int end = try_once(b, units, n);

	for (int try = 0; end == CONN_AGAIN && try < TRIES; try++) {
		pause_before(b, try);
		end = try_once(b, units, n);
	}
	return end;
}

/* A number that the sequence gave is in the table already: the change is right, the sequence is
 * not. The caller may try again later. */
static bool is_sequence_behind(const struct conn *conn)
{
	return strcmp(conn->code, "23505") == 0 &&
	       schema_sequence_of(conn->constraint) != NULL;
}

static void refuse_unit(struct unit *unit, struct conn *conn)
{
	const struct kind *kind = kinds[unit->job->kind];

	if (is_sequence_behind(conn)) {
		(void)schema_sequence_remedy(conn->o, conn->constraint, &conn->err);
		trouble_met(conn->o->trouble, TROUBLE_SEQUENCES,
		            schema_sequence_of(conn->constraint), &conn->err);
		unit_fail(unit, RENT_EUNAVAIL, &conn->err);
	} else if (kind->refused != NULL) {
		kind->refused(unit, conn);
	} else {
		unit_fail(unit, RENT_EFAIL, &conn->err);
	}
}

static int note_failure(struct batch *b, struct unit *units, size_t n, int code)
{
	b->err = b->conn->err;
	b->err.code = code;
	units_fail(units, n, code, &b->err);
	return code;
}

static int judge_lost(struct batch *b, struct unit *units, size_t n)
{
	/* An error came first, or the end was never sent: it cannot have happened. */
	if (b->conn->code[0] != '\0' || !b->conn->sent_all)
		return note_failure(b, units, n, RENT_EUNAVAIL);
	return lost_commit_find(b, units, n);
}

static int run_units(struct batch *b, struct unit *units, size_t n);

static int run_halves(struct batch *b, struct unit *units, size_t n)
{
	int end = run_units(b, units, n / 2);

	/* Without a connection the other half would only be refused more slowly. */
	if (b->conn->pg == NULL) {
		units_fail(units + n / 2, n - n / 2, RENT_EUNAVAIL, &b->err);
		return end;
	}
	return run_units(b, units + n / 2, n - n / 2);
}

/* The connection was closed and nothing happened. The batch is tried once more on a new
 * connection, where a statement whose plan no longer fits works. If it fails again, the job
 * that met the error is singled out, as after a refusal, so that one rental does not stop
 * the billing of the others. */
static int run_after_unforeseen(struct batch *b, struct unit *units, size_t n)
{
	struct rent_error met = b->conn->err, err;
	bool again = !b->tried_again;

	b->tried_again = true;
	if (conn_open(b->conn, b->options, "write", &err) != 0 && n > 1) {
		b->err = met;
		units_fail(units, n, RENT_EUNAVAIL, &met);
		return RENT_EUNAVAIL;
	}
	if (b->conn->pg != NULL && again)
		return run_units(b, units, n);
	if (n > 1)
		return run_halves(b, units, n);
	trouble_met(b->options->trouble, TROUBLE_WRITING, kinds[units->job->kind]->name,
	            &met);
	unit_fail(units, RENT_EUNAVAIL, &met);
	return 0;
}

/* A full disk stops everybody who writes; damage those whose rows it hit. Nothing was changed. */
static int run_after_damage(struct batch *b, struct unit *units, size_t n, int end)
{
	enum job_kind last = JOB_KINDS;

	if (end == RENT_ECORRUPT && n > 1)
		return run_halves(b, units, n);
	for (size_t i = 0; i < n; i++) {
		if (units[i].job->kind != last)
			trouble_met(b->options->trouble, TROUBLE_DAMAGE,
			            kinds[units[i].job->kind]->name, &b->conn->err);
		last = units[i].job->kind;
	}
	return note_failure(b, units, n, end == RENT_ECORRUPT ? RENT_EUNAVAIL : end);
}

static int run_units(struct batch *b, struct unit *units, size_t n)
{
	int end = try_again(b, units, n);

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
	if (end == CONN_UNFORESEEN)
		return run_after_unforeseen(b, units, n);
	if (conn_is_damage(end))
		return run_after_damage(b, units, n, end);
	if (end != CONN_REFUSED)
		return note_failure(b, units, n, end);
	if (n > 1)
		return run_halves(b, units, n);
	refuse_unit(units, b->conn);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	if (x->job->kind != y->job->kind)
		return (int)x->job->kind - (int)y->job->kind;
	return strcmp(x->order, y->order);
}

/* A part of an advance that happened makes the failure of the rest a doubt. */
static void settle_halves(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct job *job = b->units[i].job;

		if (job->kind == JOB_ADVANCE && job->queued.code < 0 && job->applied)
			job->queued.code = job->queued.err.code = RENT_EINDOUBT;
	}
}

int transaction_run(struct batch *b)
{
	int code;

	if (b->n == 0)
		return 0;
	b->tried_again = false;
	qsort(b->units, b->n, sizeof(*b->units), compare);
	code = run_units(b, b->units, b->n);
	settle_halves(b);
	return code;
}
