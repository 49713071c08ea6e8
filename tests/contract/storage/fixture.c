/* SPDX-License-Identifier: MIT
 *
 * fixture.c - the storage under test and the short ways of fixture.h.
 */
#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>

static const struct backend *const backends[] = { &backend_sqlite, NULL };

static const struct backend *find_backend(void)
{
	const char *name = getenv("STORAGE_BACKEND");

	for (size_t i = 0; backends[i] != NULL; i++) {
		if (name == NULL || strcmp(backends[i]->name, name) == 0)
			return backends[i];
	}
	(void)fprintf(stderr, "STORAGE_BACKEND: there is no \"%s\"\n", name);
	abort();
}

struct fixture *fixture_open(const char *place, bool real_clock)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->backend = find_backend();
	f->real_clock = real_clock;
	f->backend->open(f, place);
	f->api = f->plugin->api;
	f->host = fake_host_table(f->fake);
	f->arena = f->host->arena_new(f->host);
	return f;
}

void fixture_close(struct fixture *f, bool remove)
{
	f->host->arena_free(f->host, f->arena);
	f->backend->close(f, remove);
	free(f);
}

int fixture_setup(void **state)
{
	*state = fixture_open(NULL, false);
	return 0;
}

int fixture_setup_real(void **state)
{
	*state = fixture_open(NULL, true);
	return 0;
}

int fixture_teardown(void **state)
{
	fixture_close(*state, true);
	return 0;
}

void fixture_advance(struct fixture *f, int64_t us)
{
	f->backend->advance(f, us);
}

int64_t fixture_now(struct fixture *f)
{
	return f->host->wall_us(f->host);
}

void fixture_sql(struct fixture *f, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	/* clang 14 loses sight of va_start. NOLINTNEXTLINE(clang-analyzer-valist.*) */
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->backend->sql(f, text);
}

int64_t fixture_int(struct fixture *f, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	/* clang 14 loses sight of va_start. NOLINTNEXTLINE(clang-analyzer-valist.*) */
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return f->backend->sql_int(f, text);
}

/* ---- quotes and starts */
static void put(struct fixture *f, const char *id, const char *user, int64_t deposit)
{
	struct rent_quote q = { .struct_size = sizeof(q),
		                .price_per_hour = 60,
		                .free_period_min = 5,
		                .deposit = deposit };

	(void)rent_copy(q.id, sizeof(q.id), id);
	(void)rent_copy(q.user_id, sizeof(q.user_id), user);
	(void)rent_copy(q.station_id, sizeof(q.station_id), "station-1");
	assert_int_equal(f->api->quote_put(f->self, &q, 60 * RENT_SECOND, &f->err), 0);
	assert_true(q.expires_at == q.created_at + 60 * RENT_SECOND);
}

void put_quote(struct fixture *f, const char *id, const char *user)
{
	put(f, id, user, 300);
}

void put_quote_deposit(struct fixture *f, const char *id, int64_t deposit)
{
	put(f, id, "user-1", deposit);
}

static int show_start(void *arg, const struct rent_rental *rental,
                      const struct rent_op *const *ops, size_t n)
{
	struct start *start = arg;

	start->shown++;
	start->rental = *rental;
	for (size_t i = 0; i < n; i++)
		start->ops[i] = *ops[i];
	start->op_count = n;
	return 0;
}

void start_init(struct fixture *f, struct start *start, const char *key,
                const char *quote, const char *rental)
{
	memset(start, 0, sizeof(*start));
	(void)snprintf(start->hold, sizeof(start->hold), "%.50s-hold", rental);
	(void)snprintf(start->eject, sizeof(start->eject), "%.50s-eject", rental);
	(void)snprintf(start->token, sizeof(start->token), "t-%.50s", rental);
	start->s = (struct rent_start){ .struct_size = sizeof(start->s),
		                        .key = key,
		                        .scope = "start",
		                        .fingerprint = quote,
		                        .quote_id = quote,
		                        .rental_id = rental,
		                        .hold_id = start->hold,
		                        .eject_id = start->eject,
		                        .provider = "stub",
		                        .token = start->token,
		                        .lease_us = LEASE,
		                        .unknown = { "no_quote", "{\"u\":1}" },
		                        .expired = { "quote_expired", "{\"e\":1}" },
		                        .used = { "quote_used", "{\"x\":1}" },
		                        .arena = f == NULL ? NULL : f->arena,
		                        .fn = show_start,
		                        .arg = start };
}

enum rent_start_result start_run(struct fixture *f, struct start *start)
{
	assert_int_equal(f->api->start_begin(f->self, &start->s, &f->err), 0);
	return start->s.ret;
}

enum rent_start_result start_begin(struct fixture *f, struct start *start,
                                   const char *key, const char *quote, const char *rental)
{
	start_init(f, start, key, quote, rental);
	return start_run(f, start);
}

/* ---- reading */
int show_into(void *arg, const struct rent_rental *rental,
              const struct rent_op *const *ops, size_t n)
{
	struct shown *shown = arg;

	shown->there = true;
	shown->pages++;
	shown->rental = *rental;
	for (size_t i = 0; i < n; i++)
		shown->ops[i] = *ops[i];
	shown->op_count = n;
	return 0;
}

int show_nothing(void *arg, const struct rent_rental *rental,
                 const struct rent_op *const *ops, size_t n)
{
	(void)arg;
	(void)rental;
	(void)ops;
	(void)n;
	return 0;
}

void get(struct fixture *f, const char *id, struct shown *ret)
{
	int code;

	memset(ret, 0, sizeof(*ret));
	code = f->api->rental_get(f->self, id, show_into, ret, &f->err);
	assert_int_equal(code, ret->there ? 0 : 1);
}

const struct rent_op *find_op(const struct shown *shown, const char *id)
{
	for (size_t i = 0; i < shown->op_count; i++) {
		if (strcmp(shown->ops[i].id, id) == 0)
			return &shown->ops[i];
	}
	return NULL;
}

/* ---- changes */
struct rent_change change_of(struct fixture *f, const char *rental_id)
{
	struct rent_change c = { .struct_size = sizeof(c),
		                 .rental_id = rental_id,
		                 .work_in_us = RENT_NO_WORK };
	struct shown *shown = calloc(1, sizeof(*shown));

	assert_non_null(shown);
	get(f, rental_id, shown);
	c.expect_version = shown->rental.version;
	free(shown);
	return c;
}

enum rent_change_result advance_one(struct fixture *f, struct rent_change *change)
{
	struct rent_change *one[] = { change };

	assert_int_equal(f->api->advance(f->self, one, 1, &f->err), 0);
	return change->ret;
}

static void activate(struct fixture *f, const struct start *start, const char *id)
{
	struct rent_change c = change_of(f, id);
	char powerbank[RENT_ID_SIZE];

	(void)snprintf(powerbank, sizeof(powerbank), "pb-%.50s", id);
	c.lease = RENT_LEASE_DROP;
	c.token = start->token;
	c.status = RENT_STATUS_ACTIVE;
	c.powerbank_id = powerbank;
	c.started_at = RENT_DB_NOW;
	c.ends[0] = (struct rent_op_end){ .id = start->hold,
		                          .state = RENT_OP_SUCCEEDED,
		                          .processed = 300,
		                          .ref = "ref-hold" };
	c.ends[1] = (struct rent_op_end){ .id = start->eject,
		                          .state = RENT_OP_SUCCEEDED,
		                          .result = powerbank };
	c.outcome = "done";
	c.answer = "{\"ok\":true}";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
}

void make_active(struct fixture *f, const char *id)
{
	struct start *start = calloc(1, sizeof(*start));
	char quote[RENT_ID_SIZE], key[RENT_ID_SIZE];

	assert_non_null(start);
	(void)snprintf(quote, sizeof(quote), "q-%.50s", id);
	(void)snprintf(key, sizeof(key), "key-%.50s", id);
	put_quote(f, quote, "user-1");
	assert_int_equal(start_begin(f, start, key, quote, id), RENT_START_NEW);
	activate(f, start, id);
	free(start);
}

void make_finished(struct fixture *f, const char *id)
{
	struct rent_change c;

	make_active(f, id);
	c = change_of(f, id);
	c.status = RENT_STATUS_FINISHED;
	c.settlement = RENT_SETTLEMENT_DONE;
	c.finished_at = RENT_DB_NOW;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
}

void insert_active(struct fixture *f, const char *id, const char *powerbank)
{
	fixture_sql(
		f,
		"INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
		"free_period_min, deposit, status, total_amount, started_at, finished_at) "
		"VALUES ('%s', 'user-9', '%s', 60, 0, 0, 'ACTIVE', 0, "
		"'2026-11-23 07:00:00', NULL)",
		id, powerbank);
}

enum rent_change_result charge(struct fixture *f, const char *rental, const char *op,
                               int64_t amount)
{
	struct rent_change c = change_of(f, rental);

	c.news[0] =
		(struct rent_op_new){ op, "", RENT_OP_CHARGE, RENT_FOR_ACCRUAL, amount };
	return advance_one(f, &c);
}

enum rent_change_result end_op(struct fixture *f, const char *rental, const char *op,
                               enum rent_op_state state, int64_t processed)
{
	struct rent_change c = change_of(f, rental);

	c.ends[0] =
		(struct rent_op_end){ .id = op, .state = state, .processed = processed };
	return advance_one(f, &c);
}

/* ---- threads */
struct runner {
	pthread_t thread;
	pthread_barrier_t *barrier;
	void (*fn)(void *arg, int i);
	void *arg;
	int i;
};

static void *runner_main(void *arg)
{
	struct runner *r = arg;

	(void)pthread_barrier_wait(r->barrier);
	r->fn(r->arg, r->i);
	return NULL;
}

void run_threads(int n, void (*fn)(void *arg, int i), void *arg)
{
	struct runner *runners = calloc((size_t)n, sizeof(*runners));
	pthread_barrier_t barrier;

	assert_non_null(runners);
	assert_int_equal(pthread_barrier_init(&barrier, NULL, (unsigned)n), 0);
	for (int i = 0; i < n; i++) {
		runners[i] = (struct runner){ 0, &barrier, fn, arg, i };
		assert_int_equal(pthread_create(&runners[i].thread, NULL, runner_main,
		                                &runners[i]),
		                 0);
	}
	for (int i = 0; i < n; i++)
		(void)pthread_join(runners[i].thread, NULL);
	(void)pthread_barrier_destroy(&barrier);
	free(runners);
}
