/* SPDX-License-Identifier: MIT
 *
 * backend_memory.c - the suite's view of storage_memory, which is linked in. An operator has no
 * SQL there, so the tables are copied to an SQLite database of the same schema, the statement is
 * executed on that, and what it left is copied back.
 */
#include "fixture.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "core/rows.h"

#include "memory.h"

const struct rent_plugin *rent_plugin_entry(void);

static void open_memory(struct fixture *f, const char *place)
{
	static const struct fake_option none[] = { { NULL, NULL } };

	(void)place;
	f->plugin = rent_plugin_entry();
	f->fake = fake_host_new(f->plugin, none);
	if (!f->real_clock)
		fake_host_set_wall(f->fake, TEST_NOW);
	assert_int_equal(f->plugin->create(fake_host_table(f->fake), &f->self, &f->err),
	                 0);
	assert_int_equal(f->plugin->start(f->self, &f->err), 0);
	(void)fake_host_complaints(f->fake);
}

static void close_memory(struct fixture *f, bool remove)
{
	(void)remove;
	f->plugin->stop(f->self);
	f->plugin->destroy(f->self);
	fake_host_free(f->fake);
}

/* ---- the mirror */

static void execute(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%.200s: %s", text, sqlite3_errmsg(db));
}

static void execute_file(sqlite3 *db, const char *name)
{
	static char text[65536];
	char path[512];
	FILE *file;
	size_t n;

	(void)snprintf(path, sizeof(path), RENT_TEST_SQL "/%s", name);
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	(void)fclose(file);
	execute(db, text);
}

/* Inserts a row: a letter a value: t text, e text ("" is null), i int64_t, z int64_t (0 is null),
 * T a time as text (0 is null). */
static void insert(sqlite3 *db, const char *sql, const char *types, ...)
{
	char times[4][RENT_TIME_SIZE];
	size_t used = 0;
	sqlite3_stmt *stmt;
	va_list ap;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	va_start(ap, types);
	for (int i = 1; types[i - 1] != '\0'; i++) {
		char type = types[i - 1];

		if (type == 't' || type == 'e') {
			const char *text = va_arg(ap, const char *);

			if (text != NULL && (type == 't' || text[0] != '\0'))
				(void)sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
		} else {
			int64_t n = va_arg(ap, int64_t);

			if (type == 'T' && n != 0) {
				rent_time_text(n, ' ', times[used]);
				(void)sqlite3_bind_text(stmt, i, times[used++], -1,
				                        SQLITE_STATIC);
			} else if (type == 'i' || n != 0) {
				(void)sqlite3_bind_int64(stmt, i, n);
			}
		}
	}
	va_end(ap);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		fail_msg("%.60s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_finalize(stmt);
}

/* What stands where a time should be is remembered in what is said of it. */
static void copy_broken(sqlite3 *db, const struct rent_rental *r)
{
	char time[64];

	if (sscanf(r->broken, "not a time: \"%60[^\"]\"", time) == 1)
		insert(db, "UPDATE rentals SET started_at = ? WHERE id = ?", "tt", time,
		       r->id);
}

static void copy_rental(sqlite3 *db, const struct memory_rental *rental)
{
	const struct rent_rental *r = &rental->r;

	insert(db,
	       "INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
	       "free_period_min, deposit, status, total_amount, started_at, finished_at, "
	       "station_id, quote_id, provider, settlement, created_at, version, lease_token, "
	       "lease_until, work_at, work_tries, final_amount, cabinet_id, station_instance, "
	       "ended_by, return_station_id, stop_asked_at, provider_plugin, station_plugin, "
	       "payment_method, payer_needed_at, outside_amount, outside_at) VALUES (?, ?, ?, ?, ?, ?, ?, "
	       "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? - 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	       "tttiiitiTTtettTiezzizttttztttziz", r->id, r->user_id,
	       r->powerbank_id[0] == '\0' ? RENT_NO_POWERBANK : r->powerbank_id,
	       r->price_per_hour, r->free_period_min, r->deposit,
	       rent_name_of(rent_status_names, (int)r->status), r->paid, r->started_at,
	       r->finished_at, r->station_id, r->quote_id, r->provider,
	       rent_name_of(rent_settlement_names, (int)r->settlement), r->created_at,
	       r->version, r->lease_token, r->lease_until, r->work_at, r->work_tries,
	       r->has_final ? r->final_amount + 1 : INT64_C(0), r->cabinet_id,
	       r->station_instance, rent_name_of(rent_ended_by_names, (int)r->ended_by),
	       r->return_station_id, r->stop_asked_at, r->provider_plugin,
	       r->station_plugin, r->payment_method, r->payer_needed_at, r->outside,
	       r->outside_at);
	copy_broken(db, r);
	if (rental->debt_row)
		insert(db,
		       "INSERT INTO debts (rental_id, amount_total, attempts, "
		       "last_attempt_at) VALUES (?, ?, ?, ?)",
		       "tiiT", r->id, r->debt, r->debt_attempts, r->debt_last_attempt_at);
}

static void copy_op(sqlite3 *db, const struct rent_op *o)
{
	insert(db,
	       "INSERT INTO operations (id, rental_id, target_id, kind, purpose, state, "
	       "amount, processed, used, tries, ref, result, note, created_at, resolved_at, "
	       "expires_at, action, action_value, action_until, method_ref, return_url, "
	       "request_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
	       "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	       "ttetttiiiieeeizzeezeee", o->id, o->rental_id, o->target_id,
	       rent_name_of(rent_op_kind_names, (int)o->kind),
	       rent_name_of(rent_purpose_names, (int)o->purpose),
	       rent_name_of(rent_op_state_names, (int)o->state), o->amount, o->processed,
	       o->used, o->tries, o->ref, o->result, o->note, o->created_at,
	       o->resolved_at, o->expires_at,
	       rent_name_of(rent_action_names, (int)o->action), o->action_value,
	       o->action_until, o->method_ref, o->return_url, o->request_key);
}

static void copy_journals(sqlite3 *db, const struct memory *m)
{
	for (size_t i = 0; i < m->attempts.n; i++) {
		const struct memory_attempt *a = &m->attempts.at[i];

		insert(db,
		       "INSERT INTO payment_attempts (rental_id, amount, success, error, "
		       "created_at) VALUES (?, ?, ?, ?, ?)",
		       "tiieT", a->rental_id, a->amount, (int64_t)a->success, a->error,
		       a->created_at);
	}
	for (size_t i = 0; i < m->journal.n; i++) {
		const struct memory_journal *j = &m->journal.at[i];

		insert(db,
		       "INSERT INTO debt_journal (rental_id, delta, amount_after, reason, "
		       "op_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		       "tiiteT", j->rental_id, j->delta, j->after, j->reason, j->op_id,
		       j->created_at);
	}
	for (size_t i = 0; i < m->resolutions.n; i++) {
		const struct rent_resolution *r = &m->resolutions.at[i];

		insert(db,
		       "INSERT INTO operation_resolutions (op_id, rental_id, resolved_as, "
		       "amount, reference, reason, resolved_by, created_at) VALUES (?, ?, ?, "
		       "?, ?, ?, ?, ?)",
		       "tttiettz", r->op_id, r->rental_id,
		       rent_name_of(rent_op_state_names, (int)r->resolved_as), r->amount,
		       r->ref, r->reason, r->by, r->created_at);
	}
}

static void copy_deeds(sqlite3 *db, const struct memory *m)
{
	for (size_t i = 0; i < m->deeds.n; i++) {
		const struct memory_deed *d = &m->deeds.at[i];

		insert(db,
		       "INSERT INTO audit_log (at, action, rental_id, op_id, subject, role, "
		       "issuer, key_id, peer, request_id, claimed_by, reason) VALUES (?, ?, ?, "
		       "?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       "itteeeeeeeee", d->at, rent_name_of(rent_deed_names, (int)d->kind),
		       d->rental_id, d->op_id, d->subject, d->role, d->issuer, d->key_id,
		       d->peer, d->request_id, d->by, d->reason);
	}
}

static void copy_notes(sqlite3 *db, const struct memory *m)
{
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct rent_note *n = &m->notes.at[i];

		insert(db,
		       "INSERT INTO notes (rental_id, kind, text, created_at) VALUES (?, ?, ?, ?)",
		       "ttti", n->rental_id,
		       rent_name_of(rent_note_kind_names, (int)n->kind), n->text,
		       n->created_at);
	}
}

static void copy_quotes_and_keys(sqlite3 *db, const struct memory *m)
{
	for (size_t i = 0; i < m->quotes.n; i++) {
		const struct rent_quote *q = &m->quotes.at[i];

		insert(db,
		       "INSERT INTO quotes (id, user_id, station_id, price_per_hour, "
		       "free_period_min, deposit, expires_at, created_at) VALUES (?, ?, ?, ?, "
		       "?, ?, ?, ?)",
		       "tttiiiTT", q->id, q->user_id, q->station_id, q->price_per_hour,
		       q->free_period_min, q->deposit, q->expires_at, q->created_at);
	}
	for (size_t i = 0; i < m->keys.n; i++) {
		const struct memory_key *k = &m->keys.at[i];

		insert(db,
		       "INSERT INTO idempotency_keys (key, scope, user_id, response_json, "
		       "created_at, fingerprint, outcome, rental_id) VALUES (?, ?, ?, ?, ?, ?, "
		       "?, ?)",
		       "ttttTtte", k->key, k->scope, k->user_id,
		       k->answered ? k->answer : NULL, k->created_at, k->fingerprint,
		       k->answered ? k->outcome : NULL, k->rental_id);
	}
}

static void copy_event(sqlite3 *db, const struct rent_inbound *e)
{
	insert(db,
	       "INSERT INTO inbound_events (id, instance, event_id, kind, trust, operation_id, "
	       "ref, station_id, powerbank_id, slot, charge, amount, happened_at, verdict, "
	       "reason, note, sha256, received_at, handled_at, outcome) VALUES "
	       "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	       "tttttttttiiiittttiit", e->id, e->instance, e->event_id,
	       rent_name_of(rent_event_kind_names, (int)e->kind),
	       rent_name_of(rent_event_trust_names, (int)e->trust), e->operation_id,
	       e->ref, e->station_id, e->powerbank_id, e->slot, e->charge, e->amount,
	       e->at, rent_name_of(rent_outcome_names, (int)e->verdict),
	       rent_name_of(rent_decline_names, (int)e->reason), e->note, e->sha256,
	       e->received_at, e->handled_at, e->outcome);
}

static sqlite3 *copy_out(const struct memory *m)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	execute_file(db, "001_tables.sql");
	execute_file(db, "002_resolutions.sql");
	execute_file(db, "003_inbound_events.sql");
	execute_file(db, "005_ends.sql");
	execute_file(db, "006_undeposited.sql");
	execute_file(db, "007_provider_plugins.sql");
	execute_file(db, "008_inventories.sql");
	execute_file(db, "009_key_owners.sql");
	execute_file(db, "010_actions.sql");
	execute_file(db, "011_append_only.sql");
	execute_file(db, "012_payers.sql");
	execute_file(db, "013_audit_log.sql");
	execute_file(db, "014_outbox.sql");
	execute_file(db, "015_outside.sql");
	execute_file(db, "017_notes.sql");
	execute_file(db, "018_seals.sql");
	execute(db, "BEGIN");
	for (size_t i = 0; i < m->rentals.n; i++)
		copy_rental(db, &m->rentals.at[i]);
	for (size_t i = 0; i < m->ops.n; i++)
		copy_op(db, &m->ops.at[i].op);
	for (size_t i = 0; i < m->events.n; i++)
		copy_event(db, &m->events.at[i]);
	copy_journals(db, m);
	copy_deeds(db, m);
	copy_notes(db, m);
	copy_quotes_and_keys(db, m);
	execute(db, "COMMIT");
	return db;
}

/* ---- back again */

static sqlite3_stmt *stmt_of(const void *row)
{
	union {
		const void *row;
		sqlite3_stmt *stmt;
	} u = { .row = row };

	return u.stmt;
}

static bool is_null(const void *row, int column)
{
	return sqlite3_column_type(stmt_of(row), column) == SQLITE_NULL;
}

static const char *text(const void *row, int column)
{
	const unsigned char *s = sqlite3_column_text(stmt_of(row), column);

	return s == NULL ? "" : (const char *)s;
}

static int64_t integer(const void *row, int column)
{
	return sqlite3_column_int64(stmt_of(row), column);
}

static bool time_of(const void *row, int column, int64_t *ret)
{
	return rent_time_parse(text(row, column), ret);
}

static const struct row_dialect dialect = { is_null, text, integer, time_of };

/* Calls fn for each row. */
static void each(sqlite3 *db, struct memory *m, const char *sql,
                 void (*fn)(struct memory *m, sqlite3_stmt *row))
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%.60s: %s", sql, sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		fn(m, stmt);
	(void)sqlite3_finalize(stmt);
}

static int64_t time_or_0(sqlite3_stmt *row, int column)
{
	int64_t t = 0;

	(void)time_of(row, column, &t);
	return t;
}

static void read_rental(struct memory *m, sqlite3_stmt *row)
{
	struct memory_rental *rental;
	struct rent_rental r;

	row_rental(&dialect, row, 0, &r);
	assert_true(MEMORY_RESERVE(m->rentals, 1) && MEMORY_RESERVE(m->used_quotes, 1));
	rental = memory_insert_rental(m, r.id, r.quote_id);
	rental->r = r;
	rental->debt_row = !is_null(row, ROW_RENTAL_COLUMNS);
}

static void read_op(struct memory *m, sqlite3_stmt *row)
{
	struct memory_rental *rental;
	struct rent_op op;

	row_op(&dialect, row, 0, &op);
	rental = memory_rental(m, op.rental_id);
	assert_true(MEMORY_RESERVE(m->ops, 1));
	if (rental != NULL)
		memory_insert_op(m, rental, &op);
}

static void read_attempt(struct memory *m, sqlite3_stmt *row)
{
	struct memory_rental *rental = memory_rental(m, text(row, 0));
	struct memory_attempt *a;

	assert_true(MEMORY_RESERVE(m->attempts, 1));
	a = MEMORY_PUSH(m->attempts);
	(void)rent_copy(a->rental_id, sizeof(a->rental_id), text(row, 0));
	a->amount = integer(row, 1);
	a->success = integer(row, 2) != 0;
	(void)rent_copy(a->error, sizeof(a->error), text(row, 3));
	a->created_at = time_or_0(row, 4);
	if (rental != NULL && a->success)
		rental->attempts_taken += a->amount;
}

static void read_journal(struct memory *m, sqlite3_stmt *row)
{
	struct memory_rental *rental = memory_rental(m, text(row, 0));
	struct memory_journal *j;

	assert_true(MEMORY_RESERVE(m->journal, 1));
	j = MEMORY_PUSH(m->journal);
	(void)rent_copy(j->rental_id, sizeof(j->rental_id), text(row, 0));
	j->delta = integer(row, 1);
	j->after = integer(row, 2);
	(void)rent_copy(j->reason, sizeof(j->reason), text(row, 3));
	(void)rent_copy(j->op_id, sizeof(j->op_id), text(row, 4));
	j->created_at = time_or_0(row, 5);
	if (rental != NULL)
		rental->journal += j->delta;
}

static void read_resolution(struct memory *m, sqlite3_stmt *row)
{
	assert_true(MEMORY_RESERVE(m->resolutions, 1));
	row_resolution(&dialect, row, 0, MEMORY_PUSH(m->resolutions));
}

static void read_quote(struct memory *m, sqlite3_stmt *row)
{
	struct rent_quote *q;

	assert_true(MEMORY_RESERVE(m->quotes, 1));
	q = MEMORY_PUSH(m->quotes);
	q->struct_size = sizeof(*q);
	(void)rent_copy(q->id, sizeof(q->id), text(row, 0));
	(void)rent_copy(q->user_id, sizeof(q->user_id), text(row, 1));
	(void)rent_copy(q->station_id, sizeof(q->station_id), text(row, 2));
	q->price_per_hour = integer(row, 3);
	q->free_period_min = integer(row, 4);
	q->deposit = integer(row, 5);
	q->expires_at = time_or_0(row, 6);
	q->created_at = time_or_0(row, 7);
}

static void read_key(struct memory *m, sqlite3_stmt *row)
{
	struct memory_key *k;

	assert_true(MEMORY_RESERVE(m->keys, 1));
	k = MEMORY_PUSH(m->keys);
	(void)rent_copy(k->key, sizeof(k->key), text(row, 0));
	(void)rent_copy(k->scope, sizeof(k->scope), text(row, 1));
	(void)rent_copy(k->user_id, sizeof(k->user_id), text(row, 2));
	k->answered = !is_null(row, 6);
	k->answer = k->answered ? strdup(text(row, 3)) : NULL;
	k->created_at = time_or_0(row, 4);
	(void)rent_copy(k->fingerprint, sizeof(k->fingerprint), text(row, 5));
	(void)rent_copy(k->outcome, sizeof(k->outcome), text(row, 6));
	(void)rent_copy(k->rental_id, sizeof(k->rental_id), text(row, 7));
}

/* A debt of nobody stands beside a rental that never began. */
#define READ_RENTALS                                                                     \
	"SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, " \
	"r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, "       \
	"r.total_amount, r.created_at, r.started_at, r.finished_at, r.version, "         \
	"r.lease_token, r.lease_until, r.work_at, r.work_tries, r.final_amount, "        \
	"d.amount_total, d.attempts, d.last_attempt_at, r.cabinet_id, "                  \
	"r.station_instance, r.ended_by, r.return_station_id, r.stop_asked_at, "         \
	"r.provider_plugin, r.station_plugin, r.payment_method, r.payer_needed_at, "     \
	"r.outside_amount, r.outside_at, d.rental_id "                                   \
	"FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id ORDER BY r.id"
#define STRAY_DEBTS                                                                       \
	"INSERT INTO rentals (id, user_id, price_per_hour, free_period_min, deposit, "    \
	"status) SELECT rental_id, '', 0, 0, 0, 'FAILED' FROM debts WHERE rental_id NOT " \
	"IN (SELECT id FROM rentals)"

static void copy_in(struct memory *m, sqlite3 *db)
{
	for (size_t i = 0; i < m->keys.n; i++)
		free(m->keys.at[i].answer);
	m->rentals.n = m->ops.n = m->quotes.n = m->keys.n = m->resolutions.n = 0;
	m->attempts.n = m->journal.n = m->used_quotes.n = 0;
	memory_reindex(m);
	execute(db, STRAY_DEBTS);
	each(db, m, READ_RENTALS, read_rental);
	each(db, m,
	     "SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, "
	     "amount, processed, used, tries, created_at, resolved_at, expires_at, action, "
	     "action_value, action_until, method_ref, return_url, request_key FROM "
	     "operations ORDER BY seq",
	     read_op);
	each(db, m,
	     "SELECT rental_id, amount, success, error, created_at FROM payment_attempts "
	     "ORDER BY id",
	     read_attempt);
	each(db, m,
	     "SELECT rental_id, delta, amount_after, reason, op_id, created_at FROM "
	     "debt_journal ORDER BY id",
	     read_journal);
	each(db, m,
	     "SELECT op_id, rental_id, resolved_as, amount, reference, reason, resolved_by, "
	     "created_at FROM operation_resolutions ORDER BY created_at",
	     read_resolution);
	each(db, m,
	     "SELECT id, user_id, station_id, price_per_hour, free_period_min, deposit, "
	     "expires_at, created_at FROM quotes",
	     read_quote);
	each(db, m,
	     "SELECT key, scope, user_id, response_json, created_at, fingerprint, outcome, "
	     "rental_id FROM idempotency_keys",
	     read_key);
	memory_reindex(m);
}

/* ---- an operator */

static void sql(struct fixture *f, const char *statement)
{
	struct memory *m = f->self;
	sqlite3 *db;

	lock_acquire(&m->lock);
	db = copy_out(m);
	execute(db, statement);
	copy_in(m, db);
	(void)sqlite3_close(db);
	lock_release(&m->lock);
}

static int64_t sql_int(struct fixture *f, const char *statement)
{
	struct memory *m = f->self;
	sqlite3_stmt *stmt;
	int64_t ret = -1;
	sqlite3 *db;

	lock_acquire(&m->lock);
	db = copy_out(m);
	lock_release(&m->lock);
	if (sqlite3_prepare_v2(db, statement, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", statement, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) == SQLITE_ROW && !is_null(stmt, 0))
		ret = integer(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return ret;
}

static void advance(struct fixture *f, int64_t us)
{
	fake_host_advance(f->fake, us);
}

extern const struct backend backend_memory;
const struct backend backend_memory = {
	.name = "memory",
	.open = open_memory,
	.close = close_memory,
	.sql = sql,
	.sql_int = sql_int,
	.advance = advance,
};
