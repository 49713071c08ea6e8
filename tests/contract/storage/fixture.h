/* SPDX-License-Identifier: MIT
 *
 * fixture.h - a storage under test, whatever is behind it, and short ways to say what every
 * test says. A backend is a row of a table (backend_*.c); the environment variable
 * STORAGE_BACKEND names the one to be used, "sqlite" by default.
 */
#ifndef CONTRACT_STORAGE_FIXTURE_H
#define CONTRACT_STORAGE_FIXTURE_H

/* What cmocka.h wants to find included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fake_host.h>
#include <rent/storage.h>
#include <rent/time.h>

/* The wall clock at which every test begins: 2026-11-23 07:21:04 UTC. */
#define TEST_NOW (INT64_C(1795418464) * RENT_SECOND)

struct fixture;

struct backend {
	const char *name;
	/* Makes an empty place for data (fresh) or finds the one of `place`, and starts an
	 * instance on it. */
	void (*open)(struct fixture *f, const char *place);
	void (*close)(struct fixture *f, bool remove);
	/* What an operator does behind our back. */
	void (*sql)(struct fixture *f, const char *text);
	int64_t (*sql_int)(struct fixture *f,
	                   const char *text); /* first column, null is -1 */
	/* Moves the database's clock. */
	void (*advance)(struct fixture *f, int64_t us);
	/* Unused quotes have no row to be purged. NULL: they have one. */
	bool (*quotes_elsewhere)(void);
};

extern const struct backend backend_sqlite;

struct fixture {
	const struct backend *backend;
	const struct rent_plugin *plugin;
	const struct rent_storage *api;
	void *self;
	struct fake_host *fake;
	const struct rent_host *host;
	struct rent_arena *arena;
	bool real_clock; /* leave the clocks alone */
	char place[256]; /* where the data are; the backend's */
	void *wrapped;   /* of a backend over another one: what it hides */
	struct rent_error err;
	int64_t seq; /* of ids */
};

/* cmocka setup and teardown: a fresh storage for each test. */
int fixture_setup(void **state);
int fixture_setup_real(void **state); /* the clocks go */
int fixture_teardown(void **state);

/* An instance on the place of another one (or a fresh one with NULL). */
struct fixture *fixture_open(const char *place, bool real_clock);
void fixture_close(struct fixture *f, bool remove);

void fixture_advance(struct fixture *f, int64_t us);
void fixture_sql(struct fixture *f, const char *fmt, ...) RENT_PRINTF(2, 3);
int64_t fixture_int(struct fixture *f, const char *fmt, ...) RENT_PRINTF(2, 3);
int64_t fixture_now(struct fixture *f);

/* ---- short ways; they assert that the call itself did not fail */
#define LEASE (30 * RENT_SECOND)

/* Puts a quote: price 60 an hour, 5 free minutes, deposit 300, ttl 60 s. */
void put_quote(struct fixture *f, const char *id, const char *user);
void put_quote_deposit(struct fixture *f, const char *id, int64_t deposit);

/* start_begin for a key with ids made of `rental`: "RENTAL-hold", "RENTAL-eject"; the token
 * is "t-RENTAL"; the fingerprint is the quote's id. */
struct start {
	struct rent_start s;
	char hold[RENT_ID_SIZE], eject[RENT_ID_SIZE], token[RENT_ID_SIZE];
	int shown;
	struct rent_rental rental;
	struct rent_op ops[RENT_VIEW_OPS];
	size_t op_count;
};
void start_init(struct fixture *f, struct start *start, const char *key,
                const char *quote, const char *rental);
enum rent_start_result start_run(struct fixture *f, struct start *start);
/* Both; gives the result. */
enum rent_start_result start_begin(struct fixture *f, struct start *start,
                                   const char *key, const char *quote,
                                   const char *rental);

/* A rental as rental_get shows it. */
struct shown {
	bool there;
	int64_t pages; /* how often the callback ran */
	struct rent_rental rental;
	struct rent_op ops[RENT_VIEW_OPS];
	size_t op_count;
};
int show_into(void *arg, const struct rent_rental *rental,
              const struct rent_op *const *ops, size_t n);
int show_nothing(void *arg, const struct rent_rental *rental,
                 const struct rent_op *const *ops, size_t n);
void get(struct fixture *f, const char *id, struct shown *ret);
const struct rent_op *find_op(const struct shown *shown, const char *id);

/* A change of a rental in its current version: no lease, no work. */
struct rent_change change_of(struct fixture *f, const char *rental_id);
enum rent_change_result advance_one(struct fixture *f, struct rent_change *change);

/* Quote, start, hold and eject succeeded, ACTIVE with powerbank "pb-ID", lease dropped. */
void make_active(struct fixture *f, const char *id);
/* … and stopped, settlement DONE. */
void make_finished(struct fixture *f, const char *id);
/* An ACTIVE rental as an operator's script inserts it: the contract's columns only. */
void insert_active(struct fixture *f, const char *id, const char *powerbank);

/* Records a charge intent and its end. */
enum rent_change_result charge(struct fixture *f, const char *rental, const char *op,
                               int64_t amount);
enum rent_change_result end_op(struct fixture *f, const char *rental, const char *op,
                               enum rent_op_state state, int64_t processed);

/* Runs fn on n threads at once; arg is handed with the thread's number. */
void run_threads(int n, void (*fn)(void *arg, int i), void *arg);

#endif
