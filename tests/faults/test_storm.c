/* SPDX-License-Identifier: MIT
 *
 * test_storm.c - customers rent and return without a pause while API and worker are killed
 * with SIGKILL again and again, and the provider loses answers. When it is over everything
 * settles, and not a unit is missing or there twice.
 */
#include "cmocka_all.h"
#include "crowd.h"
#include "dbfile.h"
#include "ride.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CUSTOMERS 6
#define KILLS     8

static struct deployment deployment;
static atomic_bool over;

static const char *const env[] = { "BILLING_TICK=50ms", "PAYMENT_BREAKER_RESET=100ms",
	                           NULL };
static const char *const args[] = { "--set=instances.core.options.start_lease=500ms",
	                            "--set=instances.core.options.resolve_base=50ms",
	                            "--set=instances.core.options.resolve_max=200ms",
	                            NULL };

struct customer {
	char name[16];
	int rentals;
};

/* *ret_again: the answer is about the server, not about the rental; ask again. */
static const struct answer *insist(const struct answer *a, bool *ret_again)
{
	*ret_again = !atomic_load(&over) &&
	             (a->status == 0 || a->status == 503 ||
	              (a->status == 409 && answer_header(a, "Retry-After")));
	return a;
}

static void nap(void)
{
	const struct timespec step = { .tv_nsec = 10000000L };

	(void)nanosleep(&step, NULL);
}

static void rent_once(struct client *c, struct customer *who)
{
	const struct answer *a;
	char quote[65], key[129], order[65];
	bool again;

	a = ride_quote(c, "second", who->name);
	if (a->status != 200) {
		nap();
		return;
	}
	(void)snprintf(quote, sizeof(quote), "%s", answer_str(a, "quote_id"));
	ride_key(key);
	do {
		a = insist(ride_start(c, key, quote), &again);
		if (again)
			nap();
	} while (again);
	if (a->status != 200)
		return;
	(void)snprintf(order, sizeof(order), "%s", answer_str(a, "order_id"));
	do {
		a = insist(ride_stop(c, order, "second"), &again);
		if (again)
			nap();
	} while (again);
	who->rentals += a->status == 200;
}

static void customer(void *item)
{
	struct customer *who = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);

	client_timeout(c, 5000);
	while (!atomic_load(&over))
		rent_once(c, who);
	client_free(c);
}

static int free_deployment(void **state)
{
	(void)state;
	deployment_free(&deployment);
	return 0;
}

/* A while that is not the same every time and comes from a seed. */
static void pause_between(unsigned *seed)
{
	struct timespec t = { 0 };

	*seed = *seed * 1103515245U + 12345U;
	t.tv_nsec = 100000000L + (long)(*seed / 65536 % 400) * 1000000L;
	(void)nanosleep(&t, NULL);
}

static void storm(void **state)
{
	static const char *const endpoints[] = { "hold-money-for-order",
		                                 "clear-money-for-order",
		                                 "release-money-for-order" };
	struct customer customers[CUSTOMERS] = { 0 };
	struct crowd *crowd;
	unsigned seed = 1;
	int rentals = 0;

	(void)state;
	deployment_open(&deployment, &(struct deployment_spec){ .split = true,
	                                                        .endless = true,
	                                                        .env = env,
	                                                        .args = args });
	for (size_t i = 0; i < 3; i++) {
		char json[128];

		(void)snprintf(json, sizeof(json),
		               "{\"endpoint\": \"%s\", \"lose_reply_percent\": 10}",
		               endpoints[i]);
		stub_settings(&deployment, json);
	}
	for (size_t i = 0; i < CUSTOMERS; i++)
		(void)snprintf(customers[i].name, sizeof(customers[i].name), "storm-%zu",
		               i);
	atomic_store(&over, false);
	crowd = crowd_start(CUSTOMERS, customer, customers, sizeof(customers[0]));
	for (int i = 0; i < KILLS; i++) {
		int role = i % 3 == 2 ? NODE_WORKER : NODE_API;

		pause_between(&seed);
		node_kill(&deployment.nodes[role]);
		node_start(&deployment.nodes[role], NULL);
	}
	pause_between(&seed);
	atomic_store(&over, true);
	crowd_join(crowd);
	for (size_t i = 0; i < 3; i++) {
		char json[128];

		(void)snprintf(json, sizeof(json),
		               "{\"endpoint\": \"%s\", \"lose_reply_percent\": 0}",
		               endpoints[i]);
		stub_settings(&deployment, json);
	}
	for (size_t i = 0; i < CUSTOMERS; i++)
		rentals += customers[i].rentals;
	assert_true(rentals > 0);
	expect_settled(&deployment, 30000);
	expect_books(&deployment);
	expect_audit(&deployment);
	deployment_stop(&deployment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(storm, free_deployment),
	};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
