/* SPDX-License-Identifier: MIT
 *
 * test_split.c - three processes on one database (API, billing worker, stubs), and a second
 * worker: one does not bill what the other has billed, and any of them may die.
 */
#include "crowd.h"
#include "dbfile.h"
#include "fixture.h"
#include "ride.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const env[] = { "BILLING_TICK=50ms", NULL };
static const char *const args[] = { "--set=instances.core.options.start_lease=1s",
	                            "--set=instances.core.options.resolve_base=100ms",
	                            "--set=instances.core.options.totals_interval=100ms",
	                            NULL };

static struct deployment_spec usual = { .split = true, .env = env, .args = args };

static void age_all(int64_t seconds)
{
	db_exec(deployment.db,
	        "UPDATE rentals SET started_at = %s WHERE status = 'ACTIVE'",
	        db_before(deployment.db, "started_at", seconds));
}

/* Everything that is due was charged, within a second of accrual. */
static bool all_charged(void *arg)
{
	const int64_t *least = arg;

	return db_int(deployment.db,
	              "SELECT COUNT(*) FROM rentals WHERE status = 'ACTIVE' AND "
	              "total_amount < %lld",
	              (long long)*least) == 0;
}

static void two_workers(void **state)
{
	struct ride rides[24];
	int64_t least = 0;

	(void)state;
	node_start(&deployment.nodes[NODE_WORKER2], NULL);
	for (size_t i = 0; i < 24; i++)
		ride_begin(&deployment, "second", "two", &rides[i]);
	for (int round = 0; round < 3; round++) {
		age_all(100);
		least += 100;
		assert_true(wait_until(all_charged, &least, 20000));
	}
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM debts WHERE amount_total > 0"),
	                 0);
	/* nobody was charged for more than the time that has passed */
	assert_int_equal(
		db_int(deployment.db,
	               "SELECT COUNT(*) FROM rentals WHERE total_amount > %s + 2",
	               db_since(deployment.db, "started_at")),
		0);
	for (size_t i = 0; i < 24; i++)
		ride_end(&deployment, &rides[i], "second");
	expect_clean_end(&deployment, 30000);
}

static void worker_dies(void **state)
{
	int64_t least = 300;
	struct ride ride;

	(void)state;
	ride_begin(&deployment, "second", "dies", &ride);
	for (int i = 0; i < 3; i++) {
		node_kill(&deployment.nodes[NODE_WORKER]);
		age_all(100);
		node_start(&deployment.nodes[NODE_WORKER], NULL);
	}
	assert_true(wait_until(all_charged, &least, 20000));
	ride_end(&deployment, &ride, "second");
	expect_clean_end(&deployment, 30000);
}

static void api_restarts(void **state)
{
	const struct answer *a;
	struct ride ride;
	char *first;

	(void)state;
	ride_must_quote(&deployment, "second", "restart", &ride);
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_status(a, 200);
	first = strdup(a->body);
	(void)snprintf(ride.order_id, sizeof(ride.order_id), "%s",
	               answer_str(a, "order_id"));
	node_end(&deployment.nodes[NODE_API]);
	node_start(&deployment.nodes[NODE_API], NULL);
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_status(a, 200);
	assert_string_equal(a->body, first);
	free(first);
	ride_end(&deployment, &ride, "second");
	expect_clean_end(&deployment, 30000);
}

/* The stubs keep their book over a crash: the same keys still act once. */
static void stubs_die(void **state)
{
	int64_t least = 60;
	struct ride ride;

	(void)state;
	ride_begin(&deployment, "second", "stubs", &ride);
	node_kill(&deployment.nodes[NODE_STUBS]);
	node_start(&deployment.nodes[NODE_STUBS], NULL);
	age_all(60);
	assert_true(wait_until(all_charged, &least, 20000));
	ride_end(&deployment, &ride, "second");
	expect_clean_end(&deployment, 30000);
}

static void worker_metrics(void **state)
{
	struct client *c = deployment.nodes[NODE_WORKER].client;
	const struct answer *a = client_get(c, "/metrics");

	(void)state;
	expect_status(a, 200);
	assert_non_null(strstr(a->body,
	                       "rental_system_billing_cycles_total{service=\"billing-"
	                       "worker\""));
	expect_status(client_get(c, "/api/v1/health/ready"), 200);
	expect_problem(client_get(c, "/api/v1/rentals"), 404);
	deployment_stop(&deployment);
}

/* The sums of the database are the same on every host that says them: a gauge at 0 where nobody
 * counts would be a false statement. */
static const char *const sums[] = {
	"rental_system_active_rentals_current",
	"rental_system_debt_amount_current",
	"rental_system_open_operations_current",
	"rental_system_manual_operations_current",
	"rental_system_recovery_lag_seconds",
};

struct looker {
	int role;
	const char *service;
	int64_t active;
};

static bool sums_are_read(void *arg)
{
	const struct looker *l = arg;
	const struct answer *a = client_get(deployment.nodes[l->role].client, "/metrics");
	char line[128];

	(void)snprintf(line, sizeof(line), "%s{service=\"%s\"} %" PRId64 "\n", sums[0],
	               l->service, l->active);
	return strstr(a->body, line) != NULL &&
	       strstr(a->body, sums[4]) != NULL; /* last */
}

static void every_host_says_the_sums(void **state)
{
	struct looker api = { NODE_API, "rental-core", 1 };
	struct looker worker = { NODE_WORKER, "billing-worker", 1 };
	struct ride ride;

	(void)state;
	ride_begin(&deployment, "second", "sums", &ride);
	assert_true(wait_until(sums_are_read, &api, 10000));
	assert_true(wait_until(sums_are_read, &worker, 10000));
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		assert_non_null(
			strstr(client_get(deployment.api, "/metrics")->body, sums[i]));
	ride_end(&deployment, &ride, "second");
	api.active = worker.active = 0;
	assert_true(wait_until(sums_are_read, &api, 10000));
	assert_true(wait_until(sums_are_read, &worker, 10000));
	expect_clean_end(&deployment, 30000);
}

/* ---- saturation: two tasks beside the timers */
struct asker {
	long status;
	int64_t took_ms;
	bool says_when;
};

static atomic_int refusals;

static void ask(void *item)
{
	struct asker *asker = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);
	int64_t began = now_ms();
	const struct answer *a = ride_quote(c, "second", "u");

	asker->took_ms = now_ms() - began;
	asker->status = a->status;
	asker->says_when = answer_header(a, "Retry-After") != NULL;
	if (a->status == 503)
		(void)atomic_fetch_add(&refusals, 1);
	client_free(c);
}

static bool any_refused(void *arg)
{
	(void)arg;
	return atomic_load(&refusals) > 0;
}

static void saturated(void **state)
{
	static const char *const tight[] = { "--set=runtime.tasks=2", NULL };
	struct deployment_spec spec = { .split = true, .env = env, .args = tight };
	struct asker askers[12] = { 0 };
	struct crowd *crowd;
	int refused = 0, served = 0;

	(void)state;
	deployment_init(&deployment, &spec);
	node_start(&deployment.nodes[NODE_STUBS], NULL);
	node_start(&deployment.nodes[NODE_API], NULL);
	stub_settings(&deployment,
	              "{\"endpoint\": \"station-data\", \"latency_ms\": 1000}");
	atomic_store(&refusals, 0);
	crowd = crowd_start(12, ask, askers, sizeof(askers[0]));
	assert_true(wait_until(any_refused, NULL, 10000));
	/* health routes answer nevertheless, and immediately */
	expect_status(client_get(deployment.api, "/metrics"), 200);
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 200);
	assert_int_equal(deployment_run(&deployment,
	                                (const char *const[]){ "--health", NULL }, NULL),
	                 0);
	crowd_join(crowd);
	for (size_t i = 0; i < 12; i++) {
		served += askers[i].status == 200;
		if (askers[i].status == 503) {
			refused++;
			assert_true(askers[i].says_when);
			assert_true(askers[i].took_ms <
			            900); /* at once, not after a turn */
		}
	}
	assert_true(served >= 1);
	assert_true(refused >= 8);
	assert_int_equal(served + refused, 12);
	deployment_stop(&deployment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DEPLOYMENT(two_workers, usual),
		ON_DEPLOYMENT(worker_dies, usual),
		ON_DEPLOYMENT(api_restarts, usual),
		ON_DEPLOYMENT(stubs_die, usual),
		ON_DEPLOYMENT(worker_metrics, usual),
		ON_DEPLOYMENT(every_host_says_the_sums, usual),
		cmocka_unit_test_teardown(saturated, fixture_free),
	};

	return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
