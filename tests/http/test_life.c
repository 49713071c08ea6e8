/* SPDX-License-Identifier: MIT
 *
 * test_life.c - the life of rentals: accrual tick by tick, the payment provider
 * away and back, debt, settlement in all its shapes, buyout. Amounts are exact: at the station
 * "slow" an hour costs 1, so that moving started_at back by hours says what is due.
 */
#include "dbfile.h"
#include "fixture.h"
#include "ride.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR INT64_C(3600)

static const char *const quick_env[] = { "BILLING_TICK=50ms", "DEBT_RETRY_BASE=200ms",
	                                 "PAYMENT_BREAKER_RESET=300ms", "R_BUYOUT=2000",
	                                 NULL };
static const char *const quick_args[] = {
	"--set=instances.payment.options.payment.backoff=10ms",
	"--set=instances.core.options.resolve_base=100ms",
	"--set=instances.core.options.resolve_max=500ms", NULL
};
/* Nothing is charged before the stop. */
static const char *const still_env[] = { "R_BUYOUT=2000", "PAYMENT_BREAKER_RESET=300ms",
	                                 NULL };
static const char *const still_args[] = {
	"--set=instances.payment.options.payment.backoff=10ms",
	"--set=instances.core.options.resolve_base=100ms",
	"--set=instances.core.options.resolve_max=500ms",
	"--set=instances.billing.options.phases=recovery,housekeeping", NULL
};

static struct deployment_spec quick = { .env = quick_env, .args = quick_args };
static struct deployment_spec still = { .env = still_env, .args = still_args };

/* Makes exactly `amount` due, for the next half hour. */
static void make_due(const struct ride *ride, int64_t amount)
{
	db_exec(deployment.db, "UPDATE rentals SET started_at = %s WHERE id = %Q",
	        db_before(deployment.db, "now", amount * HOUR - HOUR / 2),
	        ride->order_id);
}

struct watch {
	const char *order_id, *name;
	int64_t want;
};

/* A member of the rental's status. */
static int64_t status_int(const char *order_id, const char *name)
{
	return answer_int(ride_status(deployment.api, order_id), name);
}

static bool status_is(void *arg)
{
	const struct watch *w = arg;

	return status_int(w->order_id, w->name) == w->want;
}

static void expect_becomes(const struct ride *ride, const char *name, int64_t want)
{
	struct watch w = { ride->order_id, name, want };

	if (!wait_until(status_is, &w, 20000))
		fail_msg("%s must become %lld: %s", name, (long long)want,
		         ride_status(deployment.api, ride->order_id)->body);
}

static char opened[] = "open", closed[] = "closed";

/* The breaker of who charges. */
static bool breaker_is(void *arg)
{
	struct client *c = deployment.spec.split ? deployment.nodes[NODE_WORKER].client
	                                         : deployment.api;
	const struct answer *a = client_get(c, "/api/v1/health/circuit-breakers");
	const char *state = answer_str(a, "circuit_breakers.payment.state");

	return state != NULL && strcmp(state, arg) == 0;
}

struct balance {
	int64_t rentals, live, accrued, paid, debt, in_flight;
};

static void expect_balance(const char *user, const struct balance *want)
{
	const struct answer *a =
		client_get(deployment.api, "/api/v1/users/%s/balance", user);

	expect_status(a, 200);
	assert_int_equal(answer_int(a, "rentals"), want->rentals);
	assert_int_equal(answer_int(a, "live_rentals"), want->live);
	assert_int_equal(answer_int(a, "accrued"), want->accrued);
	assert_int_equal(answer_int(a, "paid"), want->paid);
	assert_int_equal(answer_int(a, "debt"), want->debt);
	assert_int_equal(answer_int(a, "in_flight"), want->in_flight);
}

static void begin_slow(const char *user, struct ride *ride)
{
	ride_begin(&deployment, "slow", user, ride);
	assert_int_equal(ride->price_per_hour, 1);
	assert_int_equal(ride->deposit, 100);
}

static void tick_by_tick(void **state)
{
	const struct answer *a;
	struct ride ride;

	(void)state;
	begin_slow("ticks", &ride);
	for (int64_t due = 10; due <= 150; due += 35) {
		make_due(&ride, due);
		expect_becomes(&ride, "total_amount", due);
		assert_int_equal(status_int(ride.order_id, "debt"), 0);
		assert_int_equal(status_int(ride.order_id, "accrued"), due);
	}
	a = ride_stop(deployment.api, ride.order_id, "slow");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "total_amount"), 150);
	assert_int_equal(answer_int(a, "deposit_refund"), 100);
	assert_int_equal(answer_int(a, "debt"), 0);
	expect_clean_end(&deployment, 20000);
}

/* The provider goes away: what is due becomes debt, the breaker opens, the service stays
 * ready, the rental goes on and more can be started. It comes back: the debt is collected. */
static void provider_away(void **state)
{
	struct ride ride, other;
	char *journal;

	(void)state;
	begin_slow("away", &ride);
	make_due(&ride, 20);
	expect_becomes(&ride, "total_amount", 20);
	stub_disable(&deployment, "clear-money-for-order", true);
	stub_disable(&deployment, "hold-money-for-order", true);
	for (int64_t due = 100; due <= 400; due += 100) {
		make_due(&ride, due);
		expect_becomes(&ride, "debt", due - 20);
		assert_int_equal(status_int(ride.order_id, "total_amount"), 20);
	}
	if (!wait_until(breaker_is, opened, 10000))
		fail_msg("the payment breaker does not open: %s",
		         client_get(deployment.api, "/api/v1/health/circuit-breakers")
		                 ->body);
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 200);
	assert_string_equal(
		answer_str(ride_status(deployment.api, ride.order_id), "status"),
		"ACTIVE");
	begin_slow("away2", &other); /* its deposit is debt */
	assert_int_equal(status_int(other.order_id, "debt"), 100);

	stub_disable(&deployment, "clear-money-for-order", false);
	stub_disable(&deployment, "hold-money-for-order", false);
	expect_becomes(&ride, "debt", 0);
	expect_becomes(&ride, "total_amount", 400);
	expect_becomes(&other, "debt", 0);
	assert_true(wait_until(breaker_is, closed, 10000));
	assert_true(db_int(deployment.db,
	                   "SELECT COUNT(*) FROM payment_attempts WHERE rental_id = %Q "
	                   "AND NOT success",
	                   ride.order_id) > 0);
	journal = db_text(deployment.db,
	                  "SELECT SUM(delta) FROM debt_journal WHERE rental_id = %Q",
	                  ride.order_id);
	assert_string_equal(journal, "0");
	free(journal);
	ride_end(&deployment, &ride, "slow");
	ride_end(&deployment, &other, "slow");
	expect_clean_end(&deployment, 20000);
}

/* A decline is no failure of the provider: debt, but the breaker stays closed. Back-off: the
 * attempts are counted and get rarer. */
static void declined(void **state)
{
	struct ride ride;

	(void)state;
	begin_slow("declined", &ride);
	stub_decline(&deployment, "declined", true);
	make_due(&ride, 250);
	expect_becomes(&ride, "debt", 250);
	assert_true(breaker_is(closed));
	expect_balance("declined", &(struct balance){ 1, 1, 250, 0, 250, 0 });
	ride_end(&deployment, &ride, "slow"); /* nothing captured: declined */
	expect_settled(&deployment, 20000);
	assert_int_equal(status_int(ride.order_id, "total_amount") +
	                         status_int(ride.order_id, "debt"),
	                 250);
	stub_decline(&deployment, "declined", false);
	expect_becomes(&ride, "debt", 0); /* of a finished rental, too */
	assert_int_equal(status_int(ride.order_id, "total_amount"), 250);
	expect_balance("declined", &(struct balance){ 1, 0, 250, 250, 0, 0 });
	begin_slow("declined",
	           &ride); /* a live one is added to what was booked for the others */
	make_due(&ride, 30);
	expect_becomes(&ride, "total_amount", 30);
	expect_balance("declined", &(struct balance){ 2, 1, 280, 280, 0, 0 });
	ride_end(&deployment, &ride, "slow");
	expect_clean_end(&deployment, 20000);
}

static void operator_raises_debt(void **state)
{
	struct ride ride;

	(void)state;
	begin_slow("raised", &ride);
	db_exec(deployment.db,
	        "INSERT INTO debts (rental_id, amount_total, updated_at, attempts, "
	        "last_attempt_at) VALUES (%Q, 70, %s, 0, NULL)",
	        ride.order_id, db_before(deployment.db, "now", 0));
	expect_becomes(&ride, "debt", 0);
	expect_becomes(&ride, "total_amount", 70);
	deployment_stop(&deployment);
}

static bool is_bought(void *arg)
{
	const struct ride *ride = arg;

	return strcmp(answer_str(ride_status(deployment.api, ride->order_id), "status"),
	              "BUYOUT") == 0;
}

static void buyout(void **state)
{
	const struct answer *a;
	struct ride ride;

	(void)state;
	begin_slow("buyer", &ride);
	make_due(&ride, 1990);
	expect_becomes(&ride, "total_amount", 1990);
	make_due(&ride, 2600);
	expect_becomes(&ride, "total_amount", 2000);
	if (!wait_until(is_bought, &ride, 10000))
		fail_msg("no buyout: %s",
		         ride_status(deployment.api, ride.order_id)->body);
	expect_settled(&deployment, 20000);
	a = ride_status(deployment.api, ride.order_id);
	assert_non_null(answer_str(a, "finished_at"));
	assert_int_equal(answer_int(a, "accrued"), 2000);
	make_due(&ride, 3000); /* nothing accrues any more */
	a = ride_stop(deployment.api, ride.order_id, "slow");
	expect_status(a, 200);
	assert_string_equal(answer_str(a, "status"), "BUYOUT");
	assert_int_equal(answer_int(a, "total_amount"), 2000);
	expect_clean_end(&deployment, 20000);
}

/* Stop with nothing charged before: deposit first, then a charge, the rest goes back. */
static void settle_small_and_large(void **state)
{
	const struct answer *a;
	struct ride small, large;

	(void)state;
	begin_slow("small", &small);
	begin_slow("large", &large);
	make_due(&small, 30);
	make_due(&large, 250);
	a = ride_stop(deployment.api, small.order_id, "slow");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "total_amount"), 30);
	assert_int_equal(answer_int(a, "deposit_refund"), 70);
	assert_int_equal(answer_int(a, "debt"), 0);
	a = ride_stop(deployment.api, large.order_id, "slow");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "total_amount"), 250);
	assert_int_equal(answer_int(a, "deposit_refund"), 0);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT processed FROM operations WHERE rental_id = "
	                        "%Q AND kind = 'capture'",
	                        large.order_id),
	                 100);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT processed FROM operations WHERE rental_id = "
	                        "%Q AND kind = 'charge'",
	                        large.order_id),
	                 150);
	expect_clean_end(&deployment, 20000);
}

/* The provider is away at the end. A deposit that had become debt and was not used up falls
 * away; a capture that could not be made is owed, and made when the provider is back. */
static void settle_without_money(void **state)
{
	const struct answer *a;
	struct ride unheld, charged;

	(void)state;
	stub_disable(&deployment, "hold-money-for-order", true);
	begin_slow("unheld", &unheld);
	assert_int_equal(status_int(unheld.order_id, "debt"), 100);
	stub_disable(&deployment, "hold-money-for-order", false);
	begin_slow("charged", &charged);
	make_due(&unheld, 30);
	make_due(&charged, 50);
	stub_disable(&deployment, "clear-money-for-order", true);
	a = ride_stop(deployment.api, unheld.order_id, "slow");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "total_amount"), 0);
	assert_int_equal(answer_int(a, "debt"), 30);
	assert_int_equal(answer_int(a, "deposit_refund"), 0);
	a = ride_stop(deployment.api, charged.order_id, "slow");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "total_amount"), 0);
	assert_int_equal(answer_int(a, "debt"), 50);
	assert_string_equal(answer_str(a, "settlement"),
	                    "pending"); /* the hold is kept */
	stub_disable(&deployment, "clear-money-for-order", false);
	expect_becomes(&charged, "total_amount", 50);
	expect_becomes(&charged, "debt", 0);
	expect_clean_end(&deployment, 20000);
}

/* An operator moves started_at forward after money was taken: the difference goes back. */
static void settle_with_refund(void **state)
{
	struct ride ride;

	(void)state;
	begin_slow("refunded", &ride);
	make_due(&ride, 150);
	expect_becomes(&ride, "total_amount", 150);
	make_due(&ride, 40);
	ride_end(&deployment, &ride, "slow");
	expect_settled(&deployment, 20000);
	assert_int_equal(status_int(ride.order_id, "total_amount"), 40);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT SUM(processed) FROM operations WHERE rental_id "
	                        "= %Q AND kind = 'refund' AND state = 'SUCCEEDED'",
	                        ride.order_id),
	                 110);
	expect_clean_end(&deployment, 20000);
}

/* The provider moves less than asked: what it did not take stays due. */
static void processed_less(void **state)
{
	struct ride ride;

	(void)state;
	begin_slow("less", &ride);
	stub_settings(
		&deployment,
		"{\"endpoint\": \"clear-money-for-order\", \"processed_percent\": 50}");
	make_due(&ride, 100);
	expect_becomes(&ride, "total_amount", 100);
	stub_settings(
		&deployment,
		"{\"endpoint\": \"clear-money-for-order\", \"processed_percent\": 100}");
	ride_end(&deployment, &ride, "slow");
	expect_clean_end(&deployment, 20000);
}

/* A row that contradicts itself is set aside; the others are billed. */
static void poison(void **state)
{
	struct ride good;

	(void)state;
	db_exec(deployment.db,
	        "INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
	        "free_period_min, deposit, status, total_amount, started_at, finished_at) VALUES "
	        "('0-poison', 'poison', 'PB-poison', 3600, 0, 0, 'ACTIVE', 0, %Q, NULL)",
	        db_is_postgres(deployment.db) ? "-infinity" : "the day before");
	begin_slow("good", &good);
	make_due(&good, 10);
	expect_becomes(&good, "total_amount", 10);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM operations WHERE rental_id = "
	                        "'0-poison'"),
	                 0);
	/* nor does a stop move money by a start that cannot be read */
	expect_problem(ride_stop(deployment.api, "0-poison", "second"), 500);
	assert_int_equal(db_int(deployment.db, "SELECT COUNT(*) FROM rentals WHERE "
	                                       "id = '0-poison' AND status = 'ACTIVE'"),
	                 1);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM operations WHERE rental_id = "
	                        "'0-poison'"),
	                 0);
	db_exec(deployment.db, "DELETE FROM rentals WHERE id = '0-poison'");
	ride_end(&deployment, &good, "slow");
	expect_clean_end(&deployment, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DEPLOYMENT(tick_by_tick, quick),
		ON_DEPLOYMENT(provider_away, quick),
		ON_DEPLOYMENT(declined, quick),
		ON_DEPLOYMENT(operator_raises_debt, quick),
		ON_DEPLOYMENT(buyout, quick),
		ON_DEPLOYMENT(settle_small_and_large, still),
		ON_DEPLOYMENT(settle_without_money, still),
		ON_DEPLOYMENT(settle_with_refund, quick),
		ON_DEPLOYMENT(processed_less, quick),
		ON_DEPLOYMENT(poison, quick),
	};

	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
