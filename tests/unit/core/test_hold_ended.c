/* SPDX-License-Identifier: MIT
 *
 * test_hold_ended.c - a provider reports that a hold is gone: proven or not, of whom, and what is
 * left of it; and how an operation ended. And when it is asked about a payment that is repeated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "decide.h"
#include "fake_host.h"
#include "inbound.h"
#include "observers.h"
#include "pay.h"
#include "rental_work.h"

#define T0 (INT64_C(1700000000) * RENT_SECOND)

/* One rental with its hold, and what was recorded beside. */
static struct {
	struct rent_rental r;
	struct rent_op ops[3];
	size_t n;
	int asked;
	enum rent_outcome answer;
	/* Nothing can be recorded; the key of the payment that should have been is kept. */
	bool fails;
	/* Every change finds another version. */
	bool conflicts;
	char key[RENT_ID_SIZE];
	/* The last line that was written into the trail. */
	char note[RENT_NOTE_SIZE];
	/* The age of what is reported. */
	int64_t age;
} world;

static struct fake_host *fake;
static struct core core;
static struct observers observers;

static int rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                      struct rent_error *err)
{
	const struct rent_op *ops[3];

	(void)self;
	(void)err;
	for (size_t i = 0; i < world.n; i++)
		ops[i] = &world.ops[i];
	return strcmp(id, "r1") == 0 ? fn(arg, &world.r, ops, world.n) : 1;
}

static int op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	(void)self;
	(void)err;
	for (size_t i = 0; i < world.n; i++) {
		if (strcmp(world.ops[i].id, id) == 0)
			return fn(arg, &world.ops[i]);
	}
	return 1;
}

static int rental_trail(void *self, const char *id, rent_op_fn fn, void *arg,
                        struct rent_error *err)
{
	(void)self;
	(void)id;
	(void)err;
	for (size_t i = 0; i < world.n; i++)
		(void)fn(arg, &world.ops[i]);
	return 0;
}

static void begin(const struct rent_op_new *new)
{
	struct rent_op *op = &world.ops[world.n++];

	*op = (struct rent_op){ .struct_size = sizeof(*op),
		                .kind = new->kind,
		                .purpose = new->purpose,
		                .state = RENT_OP_INTENT,
		                .amount = new->amount };
	rent_copy(op->id, sizeof(op->id), new->id);
	rent_copy(op->target_id, sizeof(op->target_id), new->target_id);
	world.ops[0].used += new->amount;
	world.r.open_ops++;
}

static void end(const struct rent_op_end *end)
{
	struct rent_op *op = &world.ops[world.n - 1];

	assert_string_equal(op->id, end->id);
	op->state = end->state;
	op->processed = end->processed;
	rent_copy(op->result, sizeof(op->result), end->result);
	world.r.open_ops--;
}

static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	struct rent_change *c = changes[0];

	(void)self;
	(void)err;
	assert_int_equal(n, 1);
	if (world.fails) {
		rent_copy(world.key, sizeof(world.key), c->request->key);
		return RENT_EFAIL;
	}
	if (world.conflicts) {
		c->ret = RENT_CHANGE_CONFLICT;
		return 0;
	}
	assert_int_equal(c->expect_version, world.r.version);
	if (c->notes[0].kind != RENT_NOTE_NONE)
		rent_copy(world.note, sizeof(world.note), c->notes[0].text);
	if (c->ends[0].id != NULL)
		end(&c->ends[0]);
	if (c->news[0].id != NULL)
		begin(&c->news[0]);
	c->ret = RENT_CHANGE_APPLIED;
	c->ret_version = ++world.r.version;
	c->ret_now = world.r.now;
	return 0;
}

static int build(void *self, const struct rent_payment_op *op, struct rent_arena *arena,
                 struct rent_upstream_request *ret, struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_int_equal(op->kind, RENT_PAY_LOOKUP);
	assert_int_equal(op->lookup_of, RENT_PAY_HOLD);
	assert_string_equal(op->id, "h1");
	assert_string_equal(op->ref, "pi_1");
	ret->method = "GET";
	return 0;
}

static void parse(void *self, const struct rent_payment_op *op,
                  const struct rent_upstream_reply *reply,
                  struct rent_payment_result *ret)
{
	(void)self;
	(void)op;
	(void)reply;
	ret->outcome = world.answer;
}

static void exchange(void *arg, struct rent_exchange *x)
{
	(void)arg;
	world.asked++;
	x->transport = RENT_REPLIED;
	x->reply.body = "";
}

static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .rental_get = rental_get,
	                                     .op_get = op_get,
	                                     .rental_trail = rental_trail,
	                                     .advance = advance };
static const struct rent_payment payment = { .struct_size = sizeof(payment),
	                                     .build = build,
	                                     .parse = parse };

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	memset(&core, 0, sizeof(core));
	world.r = (struct rent_rental){ .struct_size = sizeof(world.r),
		                        .id = "r1",
		                        .provider = "pay",
		                        .deposit = 300,
		                        .status = RENT_STATUS_ACTIVE,
		                        .settlement = RENT_SETTLEMENT_OPEN,
		                        .started_at = T0,
		                        .now = T0 + 100 * RENT_SECOND };
	world.ops[0] = (struct rent_op){ .struct_size = sizeof(world.ops[0]),
		                         .id = "h1",
		                         .rental_id = "r1",
		                         .ref = "pi_1",
		                         .kind = RENT_OP_HOLD,
		                         .purpose = RENT_FOR_START,
		                         .state = RENT_OP_SUCCEEDED,
		                         .amount = 300,
		                         .processed = 300,
		                         .created_at = T0 };
	world.n = 1;
	fake = fake_host_new(NULL, NULL);
	fake_host_on_exchange(fake, exchange, NULL);
	core.host = fake_host_table(fake);
	core.store = &storage;
	core.next_step = decide;
	core.payment.api = &payment;
	core.payment.instance = "pay";
	core.payment.caps.operations = ~0u;
	core.params.start_lease = 30 * RENT_SECOND;
	core.observers = &observers;
	pthread_mutex_init(&core.params_lock, NULL);
	pthread_mutex_init(&core.payment.lock, NULL);
	observers_init(&observers, core.host);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_host_free(fake);
	return 0;
}

static int report(enum rent_event_trust trust, const char *instance,
                  char outcome[RENT_NOTE_SIZE])
{
	struct rent_inbound event = { .struct_size = sizeof(event),
		                      .id = "in-1",
		                      .event_id = "evt_1",
		                      .kind = RENT_EVENT_HOLD_ENDED,
		                      .trust = trust,
		                      .operation_id = "h1",
		                      .received_at = world.r.now - world.age };
	struct rent_error err;

	rent_copy(event.instance, sizeof(event.instance), instance);
	outcome[0] = '\0';
	return inbound_event(&core, &event, outcome, &err);
}

static void assert_gone(void)
{
	assert_int_equal(world.n, 2);
	assert_int_equal(world.ops[1].kind, RENT_OP_RELEASE);
	assert_int_equal(world.ops[1].state, RENT_OP_SUCCEEDED);
	assert_int_equal(world.ops[1].processed, 300);
	assert_string_equal(world.ops[1].result, HOLD_EXPIRED);
	assert_int_equal(world.ops[0].used, 300);
	assert_string_equal(world.note, "300 of the deposit are not held any more: the "
	                                "provider says that the hold has ended");
}

/* Nothing is sent: the provider has done it already. A second report finds nothing left. */
static void a_proven_end_gives_the_hold_up(void **state)
{
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	assert_int_equal(report(RENT_EVENT_PROVEN, "pay", outcome), 0);
	assert_string_equal(outcome, "the hold is gone");
	assert_gone();
	assert_int_equal(world.asked, 0);
	assert_int_equal(report(RENT_EVENT_PROVEN, "pay", outcome), 0);
	assert_string_equal(outcome, "nothing was left of the hold");
	assert_int_equal(world.n, 2);
}

static void a_hint_is_looked_up(void **state)
{
	static const struct {
		enum rent_outcome answer;
		int code;
		const char *outcome;
	} cases[] = {
		{ RENT_UNKNOWN, RENT_EUNAVAIL, NULL },
		{ RENT_PENDING, RENT_EUNAVAIL, NULL },
		{ RENT_SUCCEEDED, 0, "the hold stands" },
	};
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world.answer = cases[i].answer;
		assert_int_equal(report(RENT_EVENT_HINT, "pay", outcome), cases[i].code);
		if (cases[i].outcome != NULL)
			assert_string_equal(outcome, cases[i].outcome);
		assert_int_equal(world.asked, i + 1);
		assert_int_equal(world.n, 1);
	}
	world.answer = RENT_DECLINED;
	assert_int_equal(report(RENT_EVENT_HINT, "pay", outcome), 0);
	assert_string_equal(outcome, "the hold is gone");
	assert_gone();
}

/* It is not handed on for ever. */
static void what_nobody_answers_is_closed(void **state)
{
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	core.params.manual_after = world.age = RENT_HOUR;
	assert_int_equal(report(RENT_EVENT_HINT, "pay", outcome), RENT_EUNAVAIL);
	assert_int_equal(fake_host_complaints(fake), 0);
	world.age++;
	assert_int_equal(report(RENT_EVENT_HINT, "pay", outcome), 0);
	assert_string_equal(outcome, "not confirmed");
	assert_int_equal(fake_host_complaints(fake), 1);
	assert_int_equal(world.n, 1);
}

/* However often he repeats it. */
static void a_payment_is_not_asked_for_before_its_time(void **state)
{
	struct rent_arena *arena = core.host->arena_new(core.host);
	struct rent_pay_request req = {
		.struct_size = sizeof(req), .order_id = "r1", .key = "k1", .arena = arena
	};
	struct rent_pay_reply ret = { .struct_size = sizeof(ret) };
	struct rent_error err;

	(void)state;
	core.params.r_buyout = 5000;
	core.params.resolve_base = core.params.resolve_max = RENT_SECOND;
	world.r.debt = 100;
	world.fails = true;
	assert_int_not_equal(pay_rental(&core, &req, &ret, &err), 0);
	assert_true(world.key[0] != '\0');
	world.fails = false;
	world.ops[world.n++] = (struct rent_op){ .struct_size = sizeof(struct rent_op),
		                                 .id = "c1",
		                                 .rental_id = "r1",
		                                 .kind = RENT_OP_CHARGE,
		                                 .purpose = RENT_FOR_DEBT,
		                                 .state = RENT_OP_UNKNOWN,
		                                 .amount = 100,
		                                 .created_at = T0 };
	rent_copy(world.ops[1].request_key, sizeof(world.ops[1].request_key), world.key);
	world.r.in_flight = world.r.in_flight_debt = 100;
	world.r.open_ops = 1;
	world.r.work_at = world.r.now + 7 * RENT_SECOND;
	assert_int_equal(pay_rental(&core, &req, &ret, &err), 0);
	assert_int_equal(ret.verdict, RENT_IN_DOUBT);
	assert_int_equal(ret.retry_after_us, 7 * RENT_SECOND);
	assert_int_equal(world.r.version, 0);
	assert_int_equal(world.ops[1].state, RENT_OP_UNKNOWN);
	world.r.work_at = world.r.now; /* nobody can be asked any more */
	assert_int_equal(pay_rental(&core, &req, &ret, &err), 0);
	assert_int_equal(world.ops[1].state, RENT_OP_MANUAL);
	core.host->arena_free(core.host, arena);
}

static void only_its_own_provider_is_believed(void **state)
{
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	assert_int_equal(report(RENT_EVENT_PROVEN, "other", outcome), 0);
	assert_string_equal(outcome, "of another provider");
	assert_int_equal(world.n, 1);
}

/* A capture that is under way, or a run that has the rental, comes first. */
static void what_is_under_way_comes_first(void **state)
{
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	world.ops[1] = (struct rent_op){ .struct_size = sizeof(world.ops[1]),
		                         .id = "c1",
		                         .rental_id = "r1",
		                         .target_id = "h1",
		                         .kind = RENT_OP_CAPTURE,
		                         .purpose = RENT_FOR_SETTLE,
		                         .state = RENT_OP_UNKNOWN,
		                         .amount = 100 };
	world.n = 2;
	world.ops[0].used = world.r.in_flight = 100;
	world.r.open_ops = 1;
	assert_int_equal(report(RENT_EVENT_PROVEN, "pay", outcome), RENT_EUNAVAIL);
	assert_int_equal(world.n, 2);
	world.n = 1;
	world.ops[0].used = world.r.in_flight = world.r.open_ops = 0;
	rent_copy(world.r.lease_token, sizeof(world.r.lease_token), "theirs");
	world.r.lease_until = world.r.now + RENT_SECOND;
	assert_int_equal(report(RENT_EVENT_PROVEN, "pay", outcome), RENT_EUNAVAIL);
	assert_int_equal(world.n, 1);
}

/* ---- how an operation ended */

/* A capture that was sent so long ago; nobody can be asked for it. */
static void one_capture(int64_t age)
{
	core.payment.caps.operations = 0;
	core.payment.caps.resend_us = 0;
	core.params.manual_after = RENT_HOUR;
	core.params.resolve_base = core.params.resolve_max = RENT_SECOND;
	world.r.settlement = RENT_SETTLEMENT_OPEN;
	world.ops[1] = (struct rent_op){ .struct_size = sizeof(world.ops[1]),
		                         .id = "c1",
		                         .rental_id = "r1",
		                         .target_id = "h1",
		                         .kind = RENT_OP_CAPTURE,
		                         .purpose = RENT_FOR_SETTLE,
		                         .state = RENT_OP_UNKNOWN,
		                         .tries = 1,
		                         .amount = 300,
		                         .created_at = world.r.now - age };
	world.n = 2;
	world.ops[0].used = world.r.in_flight = 300;
	world.r.open_ops = 1;
}

static int report_end(enum rent_outcome verdict, const char *instance,
                      char outcome[RENT_NOTE_SIZE])
{
	struct rent_inbound event = { .struct_size = sizeof(event),
		                      .id = "in-2",
		                      .event_id = "evt_2",
		                      .kind = RENT_EVENT_OPERATION,
		                      .trust = RENT_EVENT_PROVEN,
		                      .verdict = verdict,
		                      .amount = verdict == RENT_SUCCEEDED ? 300 : 0,
		                      .operation_id = "c1",
		                      .received_at = world.r.now };
	struct rent_error err;

	rent_copy(event.instance, sizeof(event.instance), instance);
	outcome[0] = '\0';
	return inbound_event(&core, &event, outcome, &err);
}

/* Neither while it is waited for nor when it would be given up. */
static void a_proven_answer_is_taken_whatever_the_way(void **state)
{
	static const int64_t ages[] = { RENT_SECOND, RENT_MINUTE, 2 * RENT_HOUR };
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		one_capture(ages[i]);
		assert_int_equal(report_end(RENT_SUCCEEDED, "pay", outcome), 0);
		assert_string_equal(outcome, "believed");
		assert_int_equal(world.ops[1].state, RENT_OP_SUCCEEDED);
		assert_int_equal(world.ops[1].processed, 300);
		assert_int_equal(world.asked, 0);
	}
}

static void an_answer_that_is_not_recorded_waits(void **state)
{
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	one_capture(RENT_SECOND);
	world.conflicts = true;
	assert_int_equal(report_end(RENT_SUCCEEDED, "pay", outcome), RENT_EUNAVAIL);
	assert_int_equal(world.ops[1].state, RENT_OP_UNKNOWN);
	world.conflicts = false;
	assert_int_equal(report_end(RENT_SUCCEEDED, "pay", outcome), 0);
	assert_string_equal(outcome, "believed");
	assert_int_equal(world.ops[1].state, RENT_OP_SUCCEEDED);
}

/* Of another provider's nobody waits. */
static void an_answer_of_another_provider_is_none(void **state)
{
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	one_capture(RENT_SECOND);
	assert_int_equal(report_end(RENT_SUCCEEDED, "other", outcome), 0);
	assert_string_equal(outcome, "asked for");
	assert_int_equal(world.ops[1].state, RENT_OP_UNKNOWN);
}

static void a_person_is_told_of_an_answer_that_comes_late(void **state)
{
	static const enum rent_outcome verdicts[] = { RENT_SUCCEEDED, RENT_DECLINED };
	char outcome[RENT_NOTE_SIZE];

	(void)state;
	one_capture(2 * RENT_HOUR);
	world.ops[1].state = RENT_OP_MANUAL;
	world.r.open_ops = 0;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(report_end(verdicts[i], "pay", outcome), 0);
		assert_string_equal(outcome, "for a person");
		assert_int_equal(fake_host_complaints(fake), 1);
		assert_int_equal(world.ops[1].state, RENT_OP_MANUAL);
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_proven_end_gives_the_hold_up),
		T(a_hint_is_looked_up),
		T(what_nobody_answers_is_closed),
		T(a_payment_is_not_asked_for_before_its_time),
		T(only_its_own_provider_is_believed),
		T(what_is_under_way_comes_first),
		T(a_proven_answer_is_taken_whatever_the_way),
		T(an_answer_that_is_not_recorded_waits),
		T(an_answer_of_another_provider_is_none),
		T(a_person_is_told_of_an_answer_that_comes_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
