/* SPDX-License-Identifier: MIT
 *
 * test_lost.c - answers that get lost after the provider acted, requests that get lost before
 * it did, errors that say nothing: each is resolved without a second effect.
 */
#include "dbfile.h"
#include "fixture.h"
#include "ride.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const env[] = { "BILLING_TICK=50ms", "PAYMENT_BREAKER_RESET=100ms",
	                           NULL };
#define COMMON_ARGS                                                             \
	"--set=instances.core.options.resolve_base=100ms",                      \
		"--set=instances.core.options.start_lease=1s",                  \
		"--set=instances.billing.options.recovery_interval=100ms",      \
		"--set=instances.payment.options.payment.backoff=10ms",         \
		"--set=instances.payment.options.payment.breaker_failures=100", \
		"--set=instances.station.options.eject.backoff=10ms",           \
		"--set=instances.station.options.eject.breaker_failures=100"
static const char *const args[] = { COMMON_ARGS, NULL };
/* Nothing is charged before the stop. */
static const char *const still_args[] = {
	COMMON_ARGS, "--set=instances.billing.options.phases=recovery,housekeeping", NULL
};

static struct deployment_spec quick = { .env = env, .args = args };
static struct deployment_spec still = { .env = env, .args = still_args };

static void close_books(void)
{
	expect_settled(&deployment, 30000);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM operations WHERE state = "
	                        "'MANUAL'"),
	                 0);
	expect_clean_end(&deployment, 30000);
}

/* The faults that leave the caller without knowledge. */
static const char *const faults[] = { "lose_reply_next", "lose_request_next",
	                              "fail_next" };

static void set_fault(const char *endpoint, const char *fault, int n)
{
	char json[128];

	(void)snprintf(json, sizeof(json), "{\"endpoint\": \"%s\", \"%s\": %d}", endpoint,
	               fault, n);
	stub_settings(&deployment, json);
}

static bool is_started(void *arg)
{
	struct ride *ride = arg;
	const struct answer *a = ride_start(deployment.api, ride->key, ride->quote_id);

	if (a->status != 200 && a->status != 409 && a->status != 503)
		fail_msg("start: got %ld %s", a->status, a->body);
	if (a->status != 200)
		return false;
	(void)snprintf(ride->order_id, sizeof(ride->order_id), "%s",
	               answer_str(a, "order_id"));
	return true;
}

/* A start whose call to `endpoint` meets a fault n times: asked again with the key it becomes
 * ACTIVE, with one hold and one powerbank. */
static void start_through(const char *endpoint, const char *fault, int n)
{
	struct ride ride;
	char user[65];

	(void)snprintf(user, sizeof(user), "%.20s-%.20s-%d", endpoint, fault, n);
	ride_must_quote(&deployment, "slow", user, &ride);
	set_fault(endpoint, fault, n);
	if (!wait_until(is_started, &ride, 20000))
		fail_msg("%s with %s %d times: the start does not end", endpoint, fault,
		         n);
	set_fault(endpoint, fault, 0);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM rentals WHERE user_id = %Q", user),
	                 1);
	assert_int_equal(
		db_int(deployment.db,
	               "SELECT COUNT(*) FROM operations WHERE rental_id = %Q AND "
	               "kind = 'eject'",
	               ride.order_id),
		1);
	ride_end(&deployment, &ride, "slow");
}

static void holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		start_through("hold-money-for-order", faults[i], 1);
		start_through("hold-money-for-order", faults[i], 3);
	}
	close_books();
}

static void ejects(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		start_through("eject-powerbank", faults[i], 1);
		start_through("eject-powerbank", faults[i], 3);
	}
	close_books();
}

struct total {
	const char *order_id;
	int64_t want;
};

static bool total_is(void *arg)
{
	const struct total *t = arg;
	const struct answer *a = ride_status(deployment.api, t->order_id);

	return answer_int(a, "total_amount") == t->want && answer_int(a, "debt") == 0;
}

static void make_due(const struct ride *ride, int64_t amount)
{
	db_exec(deployment.db, "UPDATE rentals SET started_at = %s WHERE id = %Q",
	        db_before(deployment.db, "now", amount * 3600 - 1800), ride->order_id);
}

/* Charges of the tick: never twice, never turned into debt while unknown. */
static void charges(void **state)
{
	struct ride ride;
	int64_t due = 0;

	(void)state;
	ride_begin(&deployment, "slow", "charges", &ride);
	for (size_t i = 0; i < 2; i++) {
		for (int n = 1; n <= 3; n += 2) {
			struct total total = { ride.order_id, due += 40 };

			set_fault("clear-money-for-order", faults[i], n);
			make_due(&ride, due);
			if (!wait_until(total_is, &total, 20000)) {
				print_error("%s %d times\n", faults[i], n);
				expect_settled(&deployment, 0);
				fail_msg(
					"%s",
					ride_status(deployment.api, ride.order_id)->body);
			}
			set_fault("clear-money-for-order", faults[i], 0);
			assert_int_equal(db_int(deployment.db,
			                        "SELECT COUNT(*) FROM debt_journal "
			                        "WHERE rental_id = %Q",
			                        ride.order_id),
			                 0);
		}
	}
	ride_end(&deployment, &ride, "slow");
	close_books();
}

/* Captures, releases and refunds at the stop: the settlement ends by itself. */
static void settlement(const char *endpoint, int64_t paid_before, int64_t final)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct total total = { NULL, paid_before };
		const struct answer *a;
		struct ride ride;

		ride_begin(&deployment, "slow", "settler", &ride);
		total.order_id = ride.order_id;
		if (paid_before > 0) {
			make_due(&ride, paid_before);
			assert_true(wait_until(total_is, &total, 20000));
		}
		make_due(&ride, final);
		set_fault(endpoint, faults[i], 2);
		a = ride_stop(deployment.api, ride.order_id, "slow");
		expect_status(a, 200);
		assert_string_equal(answer_str(a, "status"), "FINISHED");
		expect_settled(&deployment, 20000);
		set_fault(endpoint, faults[i], 0);
		a = ride_stop(deployment.api, ride.order_id, "slow");
		assert_int_equal(answer_int(a, "total_amount") + answer_int(a, "debt"),
		                 final);
		assert_string_equal(answer_str(a, "settlement"), "done");
	}
}

static void captures(void **state)
{
	(void)state;
	settlement("clear-money-for-order", 0, 60);
	close_books();
}

static void releases(void **state)
{
	(void)state;
	settlement("release-money-for-order", 0, 60);
	close_books();
}

static void refunds(void **state)
{
	(void)state;
	settlement("refund-money-for-order", 150, 40);
	close_books();
}

/* Slower than the deadline: acted, and the answer comes too late. */
static void too_late(void **state)
{
	struct total total = { NULL, 30 };
	struct ride ride;

	(void)state;
	ride_begin(&deployment, "slow", "late", &ride);
	total.order_id = ride.order_id;
	stub_settings(&deployment,
	              "{\"endpoint\": \"clear-money-for-order\", \"latency_ms\": 2500}");
	make_due(&ride, 30);
	while (db_int(deployment.db,
	              "SELECT COUNT(*) FROM operations WHERE state = 'UNKNOWN'") != 1)
		assert_true(db_int(deployment.db,
		                   "SELECT COUNT(*) FROM operations WHERE kind = "
		                   "'charge' AND state = 'DECLINED'") == 0);
	stub_settings(&deployment,
	              "{\"endpoint\": \"clear-money-for-order\", \"latency_ms\": 0}");
	assert_true(wait_until(total_is, &total, 20000));
	ride_end(&deployment, &ride, "slow");
	close_books();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DEPLOYMENT(holds, still),    ON_DEPLOYMENT(ejects, still),
		ON_DEPLOYMENT(charges, quick),  ON_DEPLOYMENT(captures, still),
		ON_DEPLOYMENT(releases, still), ON_DEPLOYMENT(refunds, quick),
		ON_DEPLOYMENT(too_late, quick),
	};

	return cmocka_run_group_tests_name("lost", tests, NULL, NULL);
}
