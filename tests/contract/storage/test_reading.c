/* SPDX-License-Identifier: MIT
 *
 * test_reading.c - rental_get, rental_list, rental_trail, scan, totals, audit_scan: what is
 * shown, in which order, and what is made of rows that an operator wrote.
 */
#include "fixture.h"

#include <stdlib.h>

#define MAX_IDS 32

/* The ids that a page showed, in order. */
struct ids {
	int n;
	int stop_after; /* 0: never; else the callback returns 77 then */
	char id[MAX_IDS][RENT_ID_SIZE];
	struct rent_rental last;
};

static int add_id(void *arg, const struct rent_rental *r,
                  const struct rent_op *const *ops, size_t n)
{
	struct ids *ids = arg;

	assert_null(ops);
	assert_int_equal(n, 0);
	assert_true(ids->n < MAX_IDS);
	(void)rent_copy(ids->id[ids->n++], RENT_ID_SIZE, r->id);
	ids->last = *r;
	return ids->n == ids->stop_after ? 77 : 0;
}

static int add_op(void *arg, const struct rent_op *op)
{
	struct ids *ids = arg;

	(void)rent_copy(ids->id[ids->n++], RENT_ID_SIZE, op->id);
	return ids->n == ids->stop_after ? 77 : 0;
}

static void expect(const struct ids *ids, const char *wanted)
{
	char text[1024] = "";

	for (int i = 0; i < ids->n; i++) {
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "",
		               ids->id[i]);
	}
	assert_string_equal(text, wanted);
}

static void no_rental(void **state)
{
	struct fixture *f = *state;
	struct shown *shown = calloc(1, sizeof(*shown));
	struct ids ids = { 0 };

	assert_int_equal(f->api->rental_get(f->self, "nobody", show_into, shown, &f->err),
	                 1);
	assert_int_equal(f->api->rental_trail(f->self, "nobody", add_op, &ids, &f->err),
	                 1);
	assert_int_equal(shown->pages + ids.n, 0);
	free(shown);
}

static void begin(struct fixture *f, const char *id, const char *target,
                  enum rent_op_kind kind, enum rent_purpose purpose)
{
	struct rent_change c = change_of(f, "r1");

	c.news[0] = (struct rent_op_new){ id, target, kind, purpose, 10 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
}

/* hold, eject; open ones; newest of SETTLE; the newest with something left to refund. */
static void order_of_operations(void **state)
{
	struct fixture *f = *state;
	struct shown *shown = calloc(1, sizeof(*shown));
	struct ids ids = { 0 };

	make_active(f, "r1");
	for (int i = 0; i < 3; i++) {
		static const char *const charges[] = { "c1", "c2", "c3" };

		begin(f, charges[i], "", RENT_OP_CHARGE, RENT_FOR_ACCRUAL);
		(void)end_op(f, "r1", charges[i],
		             i == 2 ? RENT_OP_DECLINED : RENT_OP_SUCCEEDED, 10);
	}
	begin(f, "s1", "r1-hold", RENT_OP_CAPTURE, RENT_FOR_SETTLE);
	(void)end_op(f, "r1", "s1", RENT_OP_DECLINED, 0);
	begin(f, "s2", "r1-hold", RENT_OP_RELEASE, RENT_FOR_SETTLE);
	(void)end_op(f, "r1", "s2", RENT_OP_SUCCEEDED, 10);
	begin(f, "o1", "c1", RENT_OP_REFUND, RENT_FOR_SETTLE);
	begin(f, "o2", "", RENT_OP_CHARGE, RENT_FOR_DEBT);
	get(f, "r1", shown);
	for (size_t i = 0; i < shown->op_count; i++)
		(void)add_op(&ids, &shown->ops[i]);
	expect(&ids, "r1-hold r1-eject o1 o2 s2 s1 c2");
	assert_int_equal(shown->rental.open_ops, 2);
	assert_int_equal(shown->rental.in_flight, 10);
	ids.n = 0;
	assert_int_equal(f->api->rental_trail(f->self, "r1", add_op, &ids, &f->err), 0);
	expect(&ids, "r1-hold r1-eject c1 c2 c3 s1 s2 o1 o2");
	ids.n = 0;
	ids.stop_after = 2;
	assert_int_equal(f->api->rental_trail(f->self, "r1", add_op, &ids, &f->err), 77);
	assert_int_equal(ids.n, 2);
	free(shown);
}

/* The one to be refunded is shown however many others there are. */
static void many_operations(void **state)
{
	struct fixture *f = *state;
	struct shown *shown = calloc(1, sizeof(*shown));
	char id[RENT_ID_SIZE];

	make_active(f, "r1");
	begin(f, "c1", "", RENT_OP_CHARGE, RENT_FOR_ACCRUAL);
	(void)end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 10);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(id, sizeof(id), "s%d", i);
		begin(f, id, "", RENT_OP_CHARGE, RENT_FOR_SETTLE);
		(void)end_op(f, "r1", id, RENT_OP_DECLINED, 0);
	}
	get(f, "r1", shown);
	assert_int_equal(shown->op_count, RENT_VIEW_OPS);
	assert_non_null(find_op(shown, "r1-hold"));
	assert_non_null(find_op(shown, "c1"));
	assert_non_null(find_op(shown, "s99"));
	assert_null(find_op(shown, "s0"));
	free(shown);
}

static struct rent_list_query query(const char *user, enum rent_status status,
                                    uint32_t limit)
{
	return (struct rent_list_query){ .struct_size = sizeof(struct rent_list_query),
		                         .user_id = user,
		                         .status = status,
		                         .limit = limit,
		                         .before_id = "" };
}

static void list_of(struct fixture *f, const struct rent_list_query *q,
                    const char *wanted)
{
	struct ids ids = { 0 };

	assert_int_equal(f->api->rental_list(f->self, q, add_id, &ids, &f->err), 0);
	expect(&ids, wanted);
}

static void lists(void **state)
{
	static const struct {
		const char *user;
		enum rent_status status;
		uint32_t limit;
		const char *wanted;
	} cases[] = {
		{ "", RENT_STATUS_NONE, 10, "d c b a" },
		{ "user-1", RENT_STATUS_NONE, 10, "c b a" },
		{ "user-1", RENT_STATUS_ACTIVE, 10, "c a" },
		{ "", RENT_STATUS_PENDING, 10, "d" },
		{ "nobody", RENT_STATUS_NONE, 10, "" },
		{ "", RENT_STATUS_NONE, 2, "d c" },
	};
	struct fixture *f = *state;
	struct rent_list_query q = query("", RENT_STATUS_NONE, 10);
	struct start s;

	list_of(f, &q, "");
	make_active(f, "a");
	fixture_advance(f, RENT_SECOND);
	make_finished(f, "b");
	make_active(f, "c"); /* created at the same time as b */
	fixture_advance(f, RENT_SECOND);
	put_quote(f, "q-d", "user-2");
	(void)start_begin(f, &s, "k-d", "q-d", "d");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		q = query(cases[i].user, cases[i].status, cases[i].limit);
		list_of(f, &q, cases[i].wanted);
	}
}

/* Pages of every size give every row once, in order. */
static void list_keyset(void **state)
{
	struct fixture *f = *state;

	make_active(f, "a");
	make_active(f, "b");
	fixture_advance(f, 1);
	make_active(f, "c");
	make_active(f, "d");
	make_active(f, "e");
	/* As a script writes it, and shorter than ours. */
	insert_active(f, "m", "pb-m");
	fixture_sql(f,
	            "UPDATE rentals SET created_at = '2026-11-23 07:21:03.5' WHERE id = "
	            "'m'");
	for (uint32_t limit = 1; limit <= 7; limit++) {
		struct rent_list_query q = query("", RENT_STATUS_NONE, limit);
		struct ids ids = { 0 };
		int before;

		do {
			before = ids.n;
			assert_int_equal(
				f->api->rental_list(f->self, &q, add_id, &ids, &f->err),
				0);
			if (ids.n > 0) {
				q.before_created_at = ids.last.created_at;
				q.before_id = ids.last.id;
			}
		} while (ids.n > before);
		expect(&ids, "e d c b a m");
	}
}

static void scan_shows(struct fixture *f, enum rent_scan what, const char *after,
                       uint32_t limit, const char *wanted)
{
	struct ids ids = { 0 };

	assert_int_equal(f->api->scan(f->self, what, after, limit, add_id, &ids, &f->err),
	                 0);
	expect(&ids, wanted);
}

static void scan_pages(void **state)
{
	struct fixture *f = *state;
	struct ids ids = { 0 };

	make_active(f, "r3");
	make_active(f, "r1");
	make_finished(f, "r2");
	make_active(f, "r5");
	insert_active(f, "r4", "pb-4");
	scan_shows(f, RENT_SCAN_ACTIVE, "", 2, "r1 r3");
	scan_shows(f, RENT_SCAN_ACTIVE, "r3", 9, "r4 r5");
	scan_shows(f, RENT_SCAN_ACTIVE, "r5", 9, "");
	ids.stop_after = 1;
	assert_int_equal(
		f->api->scan(f->self, RENT_SCAN_ACTIVE, "", 9, add_id, &ids, &f->err),
		77);
}

struct held {
	char text[256]; /* "ID:left " of those with a hold, "ID " of the others */
};

static int add_held(void *arg, const struct rent_rental *r,
                    const struct rent_op *const *ops, size_t n)
{
	struct held *held = arg;
	size_t at = strlen(held->text);

	if (n == 0) {
		(void)snprintf(held->text + at, sizeof(held->text) - at, "%s ", r->id);
		return 0;
	}
	assert_int_equal(n, 1);
	assert_int_equal(ops[0]->kind, RENT_OP_HOLD);
	assert_string_equal(ops[0]->rental_id, r->id);
	(void)snprintf(held->text + at, sizeof(held->text) - at, "%s:%d:%d ", r->id,
	               ops[0]->state == RENT_OP_SUCCEEDED,
	               (int)(ops[0]->processed - ops[0]->used));
	return 0;
}

/* What is left of a hold is the operations' word, whatever was captured of it since. */
static void scan_shows_holds(void **state)
{
	struct fixture *f = *state;
	struct held held = { "" };

	make_active(f, "r3");
	make_active(f, "r1");
	make_finished(f, "r2");
	insert_active(f, "r4", "pb-4");
	fixture_sql(f, "UPDATE operations SET used = 120 WHERE rental_id = 'r3' AND "
	               "kind = 'hold'");
	assert_int_equal(
		f->api->scan(f->self, RENT_SCAN_HELD, "", 9, add_held, &held, &f->err),
		0);
	assert_string_equal(held.text, "r1:1:300 r3:1:180 r4 ");
	held.text[0] = '\0';
	assert_int_equal(
		f->api->scan(f->self, RENT_SCAN_HELD, "r1", 1, add_held, &held, &f->err),
		0);
	assert_string_equal(held.text, "r3:1:180 ");
}

static void scan_shows_money(void **state)
{
	struct fixture *f = *state;
	struct ids ids = { 0 };

	make_active(f, "r1");
	(void)charge(f, "r1", "c1", 40);
	fixture_sql(f,
	            "INSERT INTO debts (rental_id, amount_total, attempts) VALUES ('r1', "
	            "70, 2)");
	assert_int_equal(
		f->api->scan(f->self, RENT_SCAN_ACTIVE, "", 2, add_id, &ids, &f->err), 0);
	assert_int_equal(ids.last.in_flight, 40);
	assert_int_equal(ids.last.open_ops, 1);
	assert_int_equal(ids.last.debt, 70);
	assert_int_equal(ids.last.debt_attempts, 2);
	assert_true(ids.last.now == fixture_now(f));
}

static void scan_debts(void **state)
{
	struct fixture *f = *state;

	make_finished(f, "r1");
	make_finished(f, "r2");
	make_finished(f, "r3");
	make_finished(f, "r4");
	make_active(f, "r5");
	fixture_sql(f, "UPDATE rentals SET status = 'BUYOUT' WHERE id = 'r4'");
	fixture_sql(f,
	            "INSERT INTO debts (rental_id, amount_total, updated_at, attempts) "
	            "VALUES ('r1', 10, '2026-11-23 07:00:00', 0), "
	            "('r2', 0, '2026-11-23 07:00:00', 0), "
	            "('r4', 10, '2026-11-23 07:00:00', 0), "
	            "('r5', 10, '2026-11-23 07:00:00', 0), "
	            "('nobody', 10, '2026-11-23 07:00:00', 0)");
	scan_shows(f, RENT_SCAN_DEBTS, "", 9, "r1 r4");
	scan_shows(f, RENT_SCAN_DEBTS, "r1", 1, "r4");
}

static void contract_insert(void **state)
{
	struct fixture *f = *state;
	struct shown *shown = calloc(1, sizeof(*shown));

	insert_active(f, "x", "pb-x");
	get(f, "x", shown);
	assert_string_equal(shown->rental.broken, "");
	assert_int_equal(shown->rental.status, RENT_STATUS_ACTIVE);
	assert_int_equal(shown->rental.settlement, RENT_SETTLEMENT_OPEN);
	assert_true(shown->rental.started_at == TEST_NOW - 1264 * RENT_SECOND);
	assert_true(shown->rental.created_at != 0);
	assert_string_equal(shown->rental.provider, "");
	assert_string_equal(shown->rental.quote_id, "");
	assert_int_equal(shown->rental.work_at, 0);
	assert_int_equal(shown->op_count, 0);
	assert_int_equal(charge(f, "x", "c1", 5), RENT_CHANGE_APPLIED);
	free(shown);
}

/* Every form in which an operator may write a time. */
static void forms_of_times(void **state)
{
	static const char *const forms[] = {
		"2026-11-23 07:21:04",    "2026-11-23 07:21:04.000",
		"2026-11-23T07:21:04Z",   "2026-11-23T08:21:04+01:00",
		"2026-11-23 02:21:04-05", "2026-11-23 07:21:04.0000009"
	};
	struct fixture *f = *state;
	struct shown *shown = calloc(1, sizeof(*shown));

	make_active(f, "r1");
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		fixture_sql(f, "UPDATE rentals SET started_at = '%s'", forms[i]);
		get(f, "r1", shown);
		assert_true(shown->rental.started_at == TEST_NOW);
		assert_string_equal(shown->rental.broken, "");
	}
	free(shown);
}

/* A broken row is shown as such, and the others of its page as ever. */
static void broken_rows(void **state)
{
	struct fixture *f = *state;
	struct shown *shown = calloc(1, sizeof(*shown));

	make_active(f, "r1");
	make_active(f, "r2");
	make_active(f, "r3");
	fixture_sql(f, "UPDATE rentals SET started_at = 'yesterday' WHERE id = 'r1'");
	fixture_sql(f, "UPDATE rentals SET started_at = NULL WHERE id = 'r3'");
	scan_shows(f, RENT_SCAN_ACTIVE, "", 9, "r1 r2 r3");
	get(f, "r1", shown);
	assert_non_null(strstr(shown->rental.broken, "yesterday"));
	get(f, "r2", shown);
	assert_string_equal(shown->rental.broken, "");
	get(f, "r3", shown);
	assert_string_not_equal(shown->rental.broken, "");
	free(shown);
}

static void totals(void **state)
{
	struct fixture *f = *state;
	struct rent_totals t = { .struct_size = sizeof(t) };
	struct rent_change c;
	struct start s;

	assert_int_equal(f->api->totals(f->self, &t, &f->err), 0);
	assert_int_equal(t.active + t.pending + t.unsettled + t.debt + t.open_ops +
	                         t.manual_ops + t.oldest_work_us,
	                 0);
	make_active(f, "a");
	make_active(f, "b");
	make_finished(f, "c");
	put_quote(f, "q-d", "user-2");
	(void)start_begin(f, &s, "k-d", "q-d",
	                  "d"); /* two open operations, work in 30 s */
	(void)charge(f, "a", "c1", 40);
	(void)charge(f, "b", "c2", 40);
	(void)end_op(f, "b", "c2", RENT_OP_UNKNOWN, 0);
	(void)end_op(f, "b", "c2", RENT_OP_MANUAL, 0);
	c = change_of(f, "b");
	c.status = RENT_STATUS_FINISHED;
	c.settlement = RENT_SETTLEMENT_PENDING;
	c.finished_at = RENT_DB_NOW;
	c.debt_delta = 33;
	c.debt_reason = "test";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	fixture_sql(f, "INSERT INTO debts (rental_id, amount_total) VALUES ('x', 7)");
	assert_int_equal(f->api->totals(f->self, &t, &f->err), 0);
	assert_int_equal(t.active, 1);
	assert_int_equal(t.pending, 1);
	assert_int_equal(t.unsettled, 1);
	assert_int_equal(t.debt, 40);
	assert_int_equal(t.open_ops, 3);
	assert_int_equal(t.manual_ops, 1);
	assert_int_equal(t.oldest_work_us, 0);
	fixture_advance(f, LEASE + 5);
	assert_int_equal(f->api->totals(f->self, &t, &f->err), 0);
	assert_true(t.oldest_work_us == 5);
}

struct audits {
	int n;
	struct rent_audit_row row[8];
	struct rent_rental rental[8];
};

static int add_audit(void *arg, const struct rent_audit_row *row)
{
	struct audits *a = arg;

	a->row[a->n] = *row;
	a->rental[a->n] = *row->rental;
	a->n++;
	return 0;
}

/* What a buyout took is no settlement's any more once a return has undone it. */
static void audit_after_a_buyout_undone(void **state)
{
	struct fixture *f = *state;
	struct audits *a = calloc(1, sizeof(*a));
	struct rent_change c;

	make_active(f, "r1");
	begin(f, "bought", "", RENT_OP_CHARGE, RENT_FOR_SETTLE);
	(void)end_op(f, "r1", "bought", RENT_OP_SUCCEEDED, 10);
	assert_int_equal(f->api->audit_scan(f->self, "", 10, add_audit, a, &f->err), 0);
	assert_int_equal(a->row[0].settle_takes, 1);
	fixture_advance(f, 7);
	c = change_of(f, "r1");
	c.notes[0] = (struct rent_note_new){ RENT_NOTE_AFTER_BUYOUT, "came back" };
	c.news[0] =
		(struct rent_op_new){ "again", "", RENT_OP_CHARGE, RENT_FOR_SETTLE, 3 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	*a = (struct audits){ 0 };
	assert_int_equal(f->api->audit_scan(f->self, "", 10, add_audit, a, &f->err), 0);
	assert_int_equal(a->row[0].settle_takes, 1);
	assert_int_equal(a->row[0].charged, 10);
	(void)end_op(f, "r1", "again", RENT_OP_DECLINED, 0);
	*a = (struct audits){ 0 };
	assert_int_equal(f->api->audit_scan(f->self, "", 10, add_audit, a, &f->err), 0);
	assert_int_equal(a->row[0].settle_takes, 0);
	free(a);
}

static void audit_sums(void **state)
{
	struct fixture *f = *state;
	struct audits *a = calloc(1, sizeof(*a));

	make_active(f, "r1");
	(void)charge(f, "r1", "c1", 40);
	(void)end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 40);
	begin(f, "cap", "r1-hold", RENT_OP_CAPTURE, RENT_FOR_SETTLE);
	(void)end_op(f, "r1", "cap", RENT_OP_SUCCEEDED, 8);
	begin(f, "rel", "r1-hold", RENT_OP_RELEASE, RENT_FOR_SETTLE);
	(void)end_op(f, "r1", "rel", RENT_OP_SUCCEEDED, 10);
	begin(f, "ref1", "c1", RENT_OP_REFUND, RENT_FOR_SETTLE);
	(void)end_op(f, "r1", "ref1", RENT_OP_SUCCEEDED, 10);
	fixture_advance(f, 7);
	begin(f, "ref2", "c1", RENT_OP_REFUND, RENT_FOR_SETTLE);
	(void)charge(f, "r1", "c2", 5);
	(void)end_op(f, "r1", "c2", RENT_OP_UNKNOWN, 0);
	/* An operator's hand: none of it is in our journals. */
	fixture_sql(f,
	            "INSERT INTO payment_attempts (rental_id, amount, success, error, "
	            "created_at) VALUES ('r1', 1000, TRUE, NULL, '2026-11-23 07:00:00')");
	fixture_sql(f, "INSERT INTO debts (rental_id, amount_total) VALUES ('r1', 99)");
	fixture_sql(f, "UPDATE operations SET expires_at = 12345 WHERE id = 'r1-hold'");
	assert_int_equal(f->api->audit_scan(f->self, "", 10, add_audit, a, &f->err), 0);
	assert_int_equal(a->n, 1);
	assert_string_equal(a->rental[0].id, "r1");
	assert_int_equal(a->rental[0].debt, 99);
	assert_int_equal(a->row[0].attempts_taken, 1048);
	assert_int_equal(a->row[0].charged, 48);
	assert_int_equal(a->row[0].refunded, 10);
	assert_int_equal(a->row[0].refunding, 10);
	assert_int_equal(a->row[0].journal_debt, 0);
	assert_int_equal(a->row[0].open_takes, 1);
	assert_int_equal(a->row[0].settle_takes, 1);
	assert_int_equal(a->row[0].holds, 1);
	assert_int_equal(a->row[0].held, 300);
	assert_int_equal(a->row[0].hold_used, 18);
	assert_int_equal(a->row[0].captured, 8);
	assert_int_equal(a->row[0].released, 10);
	assert_int_equal(a->row[0].hold_expires_at, 12345);
	assert_int_equal(a->row[0].overused, 0);
	assert_int_equal(a->row[0].ejects, 1);
	assert_int_equal(a->row[0].manual, 0);
	assert_true(a->row[0].oldest_open_at == TEST_NOW + 7);
	assert_int_equal(a->row[0].same_quote, 0);
	assert_int_equal(a->row[0].same_powerbank_live, 0);
	assert_int_equal(a->row[0].keys, 1);
	free(a);
}

static int64_t ends_at(struct fixture *f)
{
	struct audits a = { 0 };

	assert_int_equal(f->api->audit_scan(f->self, "", 10, add_audit, &a, &f->err), 0);
	assert_int_equal(a.n, 1);
	return a.row[0].hold_expires_at;
}

/* An extended hold ends when its newest extension says; where one end is not known, none is. */
static void audit_ends_of_holds(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	assert_true(ends_at(f) == 0);
	fixture_sql(f, "UPDATE operations SET expires_at = 100 WHERE id = 'r1-hold'");
	assert_true(ends_at(f) == 100);
	for (int i = 0; i < 3; i++) {
		char id[RENT_ID_SIZE];

		(void)snprintf(id, sizeof(id), "longer-%d", i);
		c = change_of(f, "r1");
		c.news[0] = (struct rent_op_new){ id, "r1-hold", RENT_OP_HOLD,
			                          RENT_FOR_ACCRUAL, 0 };
		assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
		c = change_of(f, "r1");
		c.ends[0] = (struct rent_op_end){ .id = id,
			                          .state = i < 2 ? RENT_OP_SUCCEEDED
			                                         : RENT_OP_DECLINED,
			                          .expires_at = 500 - i };
		assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
		assert_true(ends_at(f) == (i == 0 ? 500 : 499));
	}
	begin(f, "anew", "", RENT_OP_HOLD, RENT_FOR_ACCRUAL);
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){ .id = "anew",
		                          .state = RENT_OP_SUCCEEDED,
		                          .processed = 10,
		                          .expires_at = 50 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(ends_at(f) == 499);
	begin(f, "again", "", RENT_OP_HOLD, RENT_FOR_ACCRUAL);
	(void)end_op(f, "r1", "again", RENT_OP_SUCCEEDED, 10);
	assert_true(ends_at(f) == 0);
}

static void audit_journal_and_pages(void **state)
{
	struct fixture *f = *state;
	struct audits *a = calloc(1, sizeof(*a));
	struct rent_change c;

	make_active(f, "r1");
	make_finished(f, "r2");
	make_active(f, "r3");
	c = change_of(f, "r3");
	c.debt_delta = 12;
	c.debt_reason = "test";
	(void)advance_one(f, &c);
	(void)charge(f, "r3", "c1", 5);
	(void)end_op(f, "r3", "c1", RENT_OP_UNKNOWN, 0);
	(void)end_op(f, "r3", "c1", RENT_OP_MANUAL, 0);
	fixture_sql(
		f,
		"UPDATE rentals SET status = 'PENDING', powerbank_id = 'pb-r3' WHERE id "
		"= 'r1'");
	assert_int_equal(f->api->audit_scan(f->self, "", 2, add_audit, a, &f->err), 0);
	assert_int_equal(a->n, 2);
	assert_int_equal(
		f->api->audit_scan(f->self, a->rental[1].id, 2, add_audit, a, &f->err),
		0);
	assert_int_equal(a->n, 3);
	assert_string_equal(a->rental[2].id, "r3");
	assert_int_equal(a->row[2].journal_debt, 12);
	assert_int_equal(a->row[2].manual, 1);
	assert_int_equal(a->row[2].charged, 0);
	assert_int_equal(a->row[2].same_powerbank_live, 1);
	assert_int_equal(a->row[1].same_powerbank_live, 0);
	free(a);
}

static struct rent_user_sums sums_of(struct fixture *f, const char *user_id)
{
	struct rent_user_sums sums = { .struct_size = sizeof(sums), .rentals = -1 };

	assert_int_equal(f->api->user_sums(f->self, user_id, &sums, &f->err), 0);
	return sums;
}

static void user_sums(void **state)
{
	static const struct {
		const char *user;
		int64_t rentals, live, paid, debt, in_flight, in_flight_debt, in_doubt,
			unsettled;
	} cases[] = {
		{ "user-1", 2, 1, 120, 35, 42, 35, 40, 1 },
		{ "user-2", 1, 1, 0, 0, 9, 0, 0, 0 },
		{ "nobody", 0, 0, 0, 0, 0, 0, 0, 0 },
		{ "", 3, 2, 120, 35, 51, 35, 40, 1 },
	};
	struct fixture *f = *state;
	struct rent_user_sums sums = sums_of(f, "");
	struct rent_change c;
	struct start s;

	assert_int_equal(sums.rentals, 0);
	assert_int_equal(sums.paid, 0);
	make_active(f, "a");
	make_finished(f, "b");
	put_quote(f, "q-c", "user-2");
	(void)start_begin(f, &s, "k-c", "q-c", "c");
	c = change_of(f, "b");
	c.paid_delta = 120;
	c.debt_delta = 35;
	c.debt_reason = "test";
	c.settlement = RENT_SETTLEMENT_PENDING;
	c.news[0] = (struct rent_op_new){ "d1", "", RENT_OP_CHARGE, RENT_FOR_DEBT, 35 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	(void)charge(f, "a", "c1", 40);
	(void)end_op(f, "a", "c1", RENT_OP_UNKNOWN, 0);
	(void)end_op(f, "a", "c1", RENT_OP_MANUAL, 0);
	(void)charge(f, "a", "c2", 7);
	(void)charge(f, "c", "c3", 9);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sums = sums_of(f, cases[i].user);
		assert_int_equal(sums.rentals, cases[i].rentals);
		assert_int_equal(sums.live, cases[i].live);
		assert_int_equal(sums.paid, cases[i].paid);
		assert_int_equal(sums.debt, cases[i].debt);
		assert_int_equal(sums.in_flight, cases[i].in_flight);
		assert_int_equal(sums.in_flight_debt, cases[i].in_flight_debt);
		assert_int_equal(sums.in_doubt, cases[i].in_doubt);
		assert_int_equal(sums.unsettled, cases[i].unsettled);
	}
}

/* A callback may ask the storage again, as often as it likes, on any number of threads. */
struct nested {
	struct fixture *f;
	int depth;
};

static int nest(void *arg, const struct rent_rental *r, const struct rent_op *const *ops,
                size_t n)
{
	struct nested *nested = arg;

	(void)ops;
	(void)n;
	if (nested->depth++ == 3)
		return 0;
	return nested->f->api->rental_get(nested->f->self, r->id, nest, nested, NULL);
}

static void nested_thread(void *arg, int i)
{
	struct fixture *f = arg;

	(void)i;
	for (int k = 0; k < 20; k++) {
		struct nested nested = { f, 0 };

		if (f->api->scan(f->self, RENT_SCAN_ACTIVE, "", 1, nest, &nested, NULL) !=
		            0 ||
		    nested.depth != 4)
			abort();
	}
}

static void nested_reads(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	run_threads(12, nested_thread, f);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_rental),
		T(order_of_operations),
		T(many_operations),
		T(lists),
		T(list_keyset),
		T(scan_pages),
		T(scan_shows_holds),
		T(scan_shows_money),
		T(scan_debts),
		T(contract_insert),
		T(forms_of_times),
		T(broken_rows),
		T(totals),
		T(user_sums),
		T(audit_sums),
		T(audit_after_a_buyout_undone),
		T(audit_journal_and_pages),
		T(nested_reads),
		T(audit_ends_of_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
