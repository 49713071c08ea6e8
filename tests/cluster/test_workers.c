/* SPDX-License-Identifier: MIT
 *
 * test_workers.c - many hosts on one database. Some API hosts and some billing workers share
 * the work of a few ticks while they are killed and stopped at random; afterwards the book of
 * the provider is that of the database, id by id, and everybody has paid what was due. And
 * one worker that is stopped for longer than its lease: what it says afterwards changes
 * nothing.
 *
 * Without arguments a small form (ctest). The whole of it, some minutes:
 *
 *     build/cluster_workers --workers=4 --rentals=10000 --ticks=10
 */
#include <cmocka_all.h>
#include <getopt.h>
#include <pg.h>
#include <ride.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cluster.h"
#include "customers.h"
#include "ledger.h"

#define WAIT_MS      INT64_C(90000)
#define WAIT_LONG_MS INT64_C(300000) /* the whole form, on a busy machine */

static struct {
	unsigned apis, workers, rentals, ticks, seed;
	unsigned calm; /* ms from one trouble to the next, about */
	int64_t wait_ms;
	const char *env[8];
} opt = { .apis = 2,
	  .workers = 3,
	  .rentals = 500,
	  .ticks = 5,
	  .seed = 1,
	  .calm = 120,
	  .wait_ms = WAIT_MS,
	  .env = { "START_LEASE=1s", "BILLING_PAGE=100" } };

static struct pg *server;
static struct deployment deployment;
static char dsn[160];

static const char charged_name[] =
	"rental_system_payment_attempts_total{service=\"billing-worker\",status=\"success\"}";
static const char cycles_name[] =
	"rental_system_billing_cycles_total{service=\"billing-worker\"}";

/* ---- a world */
static int open_deployment(void **state)
{
	static unsigned number;
	char text[64];

	(void)state;
	number++;
	(void)snprintf(dsn, sizeof(dsn), "%s dbname=postgres", pg_conninfo(server));
	(void)snprintf(text, sizeof(text), "CREATE DATABASE cluster%u", number);
	pg_sql(dsn, text);
	(void)snprintf(dsn, sizeof(dsn), "%s dbname=cluster%u", pg_conninfo(server),
	               number);
	return 0;
}

static int free_deployment(void **state)
{
	(void)state;
	deployment_free(&deployment);
	return 0;
}

/* A price of one an hour: due is exactly the hours begun, whatever the time of the day. */
static bool all_charged(void *arg)
{
	(void)arg;
	return pg_int(dsn, "SELECT count(*) FROM rentals WHERE status = 'ACTIVE' AND "
	                   "total_amount < ceil(extract(epoch FROM now() - started_at) "
	                   "/ 3600)") == 0;
}

static bool all_settled(void *arg)
{
	(void)arg;
	return pg_int(dsn,
	              "SELECT (SELECT count(*) FROM operations WHERE state IN "
	              "('INTENT', 'PENDING', 'UNKNOWN')) + (SELECT count(*) FROM rentals "
	              "WHERE status = 'PENDING' OR settlement = 'PENDING') + (SELECT "
	              "count(*) FROM debts WHERE amount_total > 0)") == 0;
}

/* One to eight hours, not the same for each. Whoever writes is let through first: in another order of
 * rows the two would lock each other out. */
static void age_all(unsigned tick)
{
	char text[384];

	(void)snprintf(
		text, sizeof(text),
		"BEGIN; LOCK TABLE rentals IN SHARE ROW EXCLUSIVE MODE; "
		"UPDATE rentals SET started_at = started_at - make_interval(hours => "
		"1 + abs(hashtext(id || '%u') %% 8)) WHERE status = 'ACTIVE'; COMMIT",
		tick);
	pg_sql(dsn, text);
}

static void close_books(void)
{
	struct ledger *l = ledger_new();

	assert_true(wait_until(all_settled, NULL, opt.wait_ms));
	expect_audit(&deployment);
	deployment_stop(&deployment);
	ledger_read_book(l, cluster_book(&deployment));
	ledger_read_database(l, dsn);
	(void)printf(
		"# the provider's book: %lld charges and captures of %lld; due: %lld\n",
		(long long)ledger_int(l, "SELECT count(*) FROM book WHERE kind IN "
	                                 "('charge', 'capture')"),
		(long long)ledger_int(l, "SELECT sum(amount) FROM book WHERE kind IN "
	                                 "('charge', 'capture')"),
		(long long)ledger_int(l, "SELECT sum(due) FROM rentals"));
	assert_int_equal(ledger_differences(l), 0);
	ledger_free(l);
}

/* ---- trouble */
struct trouble {
	unsigned seed;
	int64_t next; /* when something happens again */
	int paused;   /* which worker is stopped, -1: none */
	int64_t until;
	int64_t before[NODE_WORKERS]; /* what the lives of each that ended had charged */
	unsigned kills[NODE_WORKERS], stops[NODE_WORKERS], api_kills;
	bool died_young[NODE_WORKERS]; /* its last life ended before it got to work */
	struct customers *customers;   /* NULL: billing only */
};

static unsigned dice(struct trouble *t, unsigned sides)
{
	t->seed = t->seed * 1103515245U + 12345U;
	return t->seed / 65536 % sides;
}

static void go_on(struct trouble *t)
{
	if (t->paused >= 0)
		proc_signal(deployment.nodes[NODE_WORKER + t->paused].proc, SIGCONT);
	t->paused = -1;
}

static int64_t charged_by(unsigned i)
{
	int64_t n = node_counter(&deployment.nodes[NODE_WORKER + i], charged_name);

	return n < 0 ? 0 : n;
}

static void kill_worker(struct trouble *t, unsigned i)
{
	t->before[i] += charged_by(i);
	t->kills[i]++;
	node_kill(&deployment.nodes[NODE_WORKER + i]);
	node_spawn(&deployment.nodes[NODE_WORKER + i], NULL);
}

/* On a busy machine a start takes longer than many pauses between two kills: if nobody ever got to
 * work, nothing would ever be done. Some die young all the same, but never twice in a row. */
static bool may_die(struct trouble *t, unsigned i)
{
	bool worked = node_counter(&deployment.nodes[NODE_WORKER + i], cycles_name) > 0;

	if (!worked && (t->died_young[i] || dice(t, 4) != 0))
		return false;
	t->died_young[i] = !worked;
	return true;
}

static void kill_api(struct trouble *t)
{
	struct node *n = &deployment.nodes[NODE_API + dice(t, opt.apis)];

	t->api_kills++;
	node_kill(n);
	node_spawn(n, NULL);
}

/* Longer than any lease. */
static void pause_worker(struct trouble *t, unsigned i)
{
	t->paused = (int)i;
	t->until = now_ms() + 1500;
	t->stops[i]++;
	proc_signal(deployment.nodes[NODE_WORKER + i].proc, SIGSTOP);
}

static void trouble(struct trouble *t)
{
	unsigned i = dice(t, opt.workers);

	if (t->paused >= 0 && now_ms() >= t->until)
		go_on(t);
	if (now_ms() < t->next)
		return;
	t->next = now_ms() + opt.calm / 4 + dice(t, opt.calm);
	if (t->customers != NULL && dice(t, 2) == 0)
		kill_api(t);
	else if (t->paused == (int)i)
		return;
	else if (t->paused < 0 && dice(t, 3) == 0)
		pause_worker(t, i);
	else if (may_die(t, i))
		kill_worker(t, i);
}

static bool charged_in_trouble(void *arg)
{
	trouble(arg);
	return all_charged(NULL);
}

static bool ended_in_trouble(void *arg)
{
	struct trouble *t = arg;

	trouble(t);
	return customers_have_ended(t->customers);
}

/* ---- the work of some ticks, shared */
static void print_split(struct trouble *t)
{
	unsigned took_part = 0;

	for (unsigned i = 0; i < opt.workers; i++) {
		int64_t n = t->before[i] + charged_by(i);

		(void)printf("# %s: %u lives, killed %u times, stopped %u times, "
		             "recorded %lld charges\n",
		             deployment.nodes[NODE_WORKER + i].name,
		             deployment.nodes[NODE_WORKER + i].starts, t->kills[i],
		             t->stops[i], (long long)n);
		took_part += n > 0;
	}
	/* Few rentals may be done before the last worker has looked. */
	assert_in_range(took_part, opt.rentals < 5000 ? 2 : opt.workers, opt.workers);
	(void)printf("# API hosts: killed %u times\n", t->api_kills);
}

static void bill_in_trouble(struct trouble *t)
{
	for (unsigned tick = 1; tick <= opt.ticks; tick++) {
		int64_t began = now_ms();

		age_all(tick);
		if (!wait_until(charged_in_trouble, t, opt.wait_ms))
			fail_msg("tick %u: not everything was charged", tick);
		(void)printf("# tick %u: %u rentals charged in %lld ms\n", tick,
		             opt.rentals, (long long)(now_ms() - began));
	}
}

static void shared_work(void **state)
{
	struct trouble t = { .seed = opt.seed, .paused = -1 };
	int64_t began;

	(void)state;
	cluster_init(&deployment, &(struct cluster_spec){ .dsn = dsn,
	                                                  .apis = opt.apis,
	                                                  .workers = opt.workers,
	                                                  .env = opt.env });
	deployment_start_all(&deployment);
	customers_begin_rentals(&deployment, "hour", opt.rentals);
	/* each is there before the first is killed: otherwise it might have nothing to do */
	age_all(0);
	assert_true(wait_until(all_charged, NULL, opt.wait_ms));
	bill_in_trouble(&t);
	began = now_ms();
	t.customers = customers_end_rentals(&deployment, dsn, "hour");
	kill_api(&t);
	assert_true(wait_until(ended_in_trouble, &t, opt.wait_ms));
	go_on(&t);
	customers_join(t.customers);
	(void)printf("# %u rentals ended in %lld ms\n", opt.rentals,
	             (long long)(now_ms() - began));
	print_split(&t);
	close_books();
}

/* ---- a worker that is stopped past its lease while its charges are under way */
#define PAUSED 40

static bool all_at_the_stub(void *arg)
{
	(void)arg;
	return node_counter(&deployment.nodes[NODE_STUBS],
	                    "http_requests_inprogress{handler=\"/"
	                    "clear-money-for-order\",method=\"POST\"}") == PAUSED;
}

struct seen {
	int64_t versions, total, operations, attempts;
};

static struct seen look(void)
{
	return (struct seen){
		.versions = pg_int(dsn, "SELECT sum(version) FROM rentals"),
		.total = pg_int(dsn, "SELECT sum(total_amount) FROM rentals"),
		.operations = pg_int(dsn, "SELECT count(*) FROM operations"),
		.attempts = pg_int(dsn, "SELECT count(*) FROM payment_attempts"),
	};
}

static void latency(int ms)
{
	const struct answer *a = client_post(
		deployment.stubs, "/admin/settings",
		"{\"endpoint\": \"clear-money-for-order\", \"latency_ms\": %d}", ms);

	assert_int_equal(a->status, 200);
}

static bool cycles_beyond(void *arg)
{
	const int64_t *least = arg;

	return node_counter(&deployment.nodes[NODE_WORKER], cycles_name) > *least;
}

/* A recorded charge is counted a moment later. */
static bool all_counted(void *arg)
{
	return node_counter(arg, charged_name) >= PAUSED;
}

/* Stops the first worker while none of its charges has been answered, and gives how many it had
 * recorded before. On a busy machine the answers may leave before it is stopped: once more then. */
static int64_t stop_amid_charges(void)
{
	struct node *worker = &deployment.nodes[NODE_WORKER];

	for (unsigned tries = 1;; tries++) {
		int64_t before = node_counter(worker, charged_name);

		latency(8000);
		age_all(tries);
		assert_true(wait_until(all_at_the_stub, NULL, WAIT_MS));
		proc_signal(worker->proc, SIGSTOP);
		latency(0);
		if (all_at_the_stub(NULL))
			return before;
		proc_signal(worker->proc, SIGCONT);
		assert_in_range(tries, 1, 5);
		assert_true(wait_until(all_charged, NULL, WAIT_MS));
		assert_true(wait_until(all_settled, NULL, WAIT_MS));
		for (int i = 0; node_counter(worker, charged_name) < before + PAUSED;
		     i++) {
			assert_true(i < 1000);
			(void)usleep(10000);
		}
	}
}

static void stopped_past_its_lease(void **state)
{
	static const char *const env[] = { "START_LEASE=500ms", "PAYMENT_TIMEOUT=60s",
		                           NULL };
	struct seen before, after;
	int64_t cycles, charged;

	(void)state;
	cluster_init(&deployment,
	             &(struct cluster_spec){
			     .dsn = dsn, .apis = 1, .workers = 2, .env = env });
	node_start(&deployment.nodes[NODE_STUBS], NULL);
	node_start(&deployment.nodes[NODE_API], NULL);
	node_start(&deployment.nodes[NODE_WORKER], NULL);
	customers_begin_rentals(&deployment, "hour", PAUSED);
	assert_true(wait_until(all_charged, NULL, WAIT_MS));
	assert_true(wait_until(all_counted, &deployment.nodes[NODE_WORKER], WAIT_MS));

	/* its charges have arrived at the provider, and no answer has left */
	charged = stop_amid_charges();

	/* the other one takes over, asks under the same ids, and records */
	node_start(&deployment.nodes[NODE_WORKER2], NULL);
	assert_true(wait_until(all_charged, NULL, WAIT_MS));
	assert_true(wait_until(all_settled, NULL, WAIT_MS));
	assert_true(wait_until(all_counted, &deployment.nodes[NODE_WORKER2], WAIT_MS));
	assert_int_equal(node_counter(&deployment.nodes[NODE_WORKER2], charged_name),
	                 PAUSED);
	node_end(&deployment.nodes[NODE_WORKER2]);
	before = look();

	proc_signal(deployment.nodes[NODE_WORKER].proc, SIGCONT);
	cycles = node_counter(&deployment.nodes[NODE_WORKER], cycles_name);
	cycles += 2; /* the one that was stopped has ended, another has followed */
	assert_true(wait_until(cycles_beyond, &cycles, WAIT_MS));
	after = look();
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(node_counter(&deployment.nodes[NODE_WORKER], charged_name),
	                 charged);
	customers_join(customers_end_rentals(&deployment, dsn, "hour"));
	close_books();
}

static int open_server(void **state)
{
	(void)state;
	server = pg_new(NULL);
	return 0;
}

static int free_server(void **state)
{
	(void)state;
	pg_free(server);
	return 0;
}

static bool read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "apis", required_argument, NULL, 0 },
		{ "workers", required_argument, NULL, 0 },
		{ "rentals", required_argument, NULL, 0 },
		{ "ticks", required_argument, NULL, 0 },
		{ "seed", required_argument, NULL, 0 },
		{ NULL, 0, NULL, 0 },
	};
	unsigned *const places[] = { &opt.apis, &opt.workers, &opt.rentals, &opt.ticks,
		                     &opt.seed };
	int c, which = 0;

	while ((c = getopt_long(argc, argv, "", names, &which)) == 0)
		*places[which] = (unsigned)strtoul(optarg, NULL, 10);
	if (opt.rentals > 2000) {
		opt.env[1] = "BILLING_PAGE=500";
		opt.calm = 600;
		opt.wait_ms = WAIT_LONG_MS;
	}
	return c == -1 && opt.apis > 0 && opt.apis <= NODE_APIS && opt.workers > 1 &&
	       opt.workers <= NODE_WORKERS && opt.rentals > 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_deployment, free_deployment)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(shared_work),
		TEST(stopped_past_its_lease),
	};

	if (!read_options(argc, argv)) {
		(void)fprintf(stderr,
		              "usage: %s [--apis=1..%d] [--workers=2..%d] "
		              "[--rentals=N] [--ticks=N] [--seed=N]\n",
		              argv[0], NODE_APIS, NODE_WORKERS);
		return 64;
	}
	/* One server, kept busy by killed hosts: it may take its time. */
	(void)setenv("CONNECT_TIMEOUT", "30s", 1);
	return cmocka_run_group_tests_name("workers", tests, open_server, free_server);
}
