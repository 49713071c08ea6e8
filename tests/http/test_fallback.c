/* SPDX-License-Identifier: MIT
 *
 * test_fallback.c - the external services go away one by one: what is critical is refused,
 * what has a fallback goes on with it.
 */
#include "dbfile.h"
#include "fixture.h"
#include "ride.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const env[] = { "TARIFF_TTL=1s", "CONFIGS_REFRESH=100ms",
	                           "BILLING_TICK=1h", NULL };
static const char *const args[] = {
	"--set=instances.catalog.options.tariff.backoff=10ms",
	"--set=instances.catalog.options.station.backoff=10ms",
	"--set=instances.catalog.options.station.breaker_reset=1h",
	"--set=instances.catalog.options.profile.backoff=10ms",
	"--set=instances.catalog.options.configs.backoff=10ms",
	"--set=instances.station.options.eject.backoff=10ms",
	"--set=instances.station.options.eject.breaker_reset=1h",
	"--set=instances.payment.options.payment.backoff=10ms",
	NULL
};

static struct deployment_spec usual = { .env = env, .args = args };

static void expect_refused(const char *station)
{
	const struct answer *a = ride_quote(deployment.api, station, "u");

	expect_problem(a, 503);
	assert_non_null(answer_header(a, "Retry-After"));
}

/* The log has the details that the client does not get, under the client's request id. */
static void expect_failure_logged(const struct answer *a)
{
	char line[160];

	(void)snprintf(line, sizeof(line),
	               "msg=\"call failed\" component=upstream request_id=%s ",
	               answer_header(a, "X-Request-Id"));
	assert_int_equal(deployment_log_count(&deployment, line), 1);
}

static void stations(void **state)
{
	const struct answer *a;

	(void)state;
	stub_disable(&deployment, "station-data", true);
	expect_refused("second");
	a = ride_quote(deployment.api, "second", "u");
	expect_status(a, 503);
	expect_failure_logged(a);
	expect_problem(client_get(deployment.api, "/api/v1/stations/second"), 503);
	stub_disable(&deployment, "station-data", false);
	expect_status(ride_quote(deployment.api, "second", "u"), 200);
	deployment_stop(&deployment);
}

static int64_t seconds_to_wait(const struct answer *a)
{
	const char *header;

	expect_problem(a, 503);
	header = answer_header(a, "Retry-After");
	assert_non_null(header);
	return strtol(header, NULL, 10);
}

/* After five failures nobody is asked any more: 503 all the same. */
static void station_breaker(void **state)
{
	static const char stopped[] =
		"endpoint=\"station-data\",status=\"breaker_open\"} 2";
	const struct answer *a;

	(void)state;
	stub_disable(&deployment, "station-data", true);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
			seconds_to_wait(ride_quote(deployment.api, "second", "u")), 5);
	stub_disable(&deployment, "station-data", false);
	a = client_get(deployment.api, "/api/v1/health/circuit-breakers");
	assert_string_equal(answer_str(a, "circuit_breakers.station.state"), "open");
	assert_int_equal(answer_int(a, "circuit_breakers.station.fail_counter"), 5);
	assert_non_null(answer_str(a, "circuit_breakers.station.last_failure"));
	a = ride_quote(deployment.api, "second", "u");
	assert_in_range(seconds_to_wait(a), 3000, 3600); /* until it lets a try through */
	a = client_get(deployment.api, "/api/v1/stations/second");
	assert_in_range(seconds_to_wait(a), 3000, 3600);
	a = client_get(deployment.api, "/metrics");
	if (strstr(a->body, stopped) == NULL)
		fail_msg("no %s in /metrics", stopped);
	deployment_stop(&deployment);
}

static bool is_refused(void *arg)
{
	return ride_quote(deployment.api, arg, "u")->status == 503;
}

/* A tariff that was read lives tariff_ttl; an expired one is never used. */
static void tariffs(void **state)
{
	char second[] = "second";

	(void)state;
	expect_status(ride_quote(deployment.api, "second", "u"), 200);
	stub_disable(&deployment, "tariff", true);
	expect_status(ride_quote(deployment.api, "second", "u"), 200);
	expect_refused("free"); /* never read */
	if (!wait_until(is_refused, second, 5000))
		fail_msg("an expired tariff is used");
	stub_disable(&deployment, "tariff", false);
	expect_status(ride_quote(deployment.api, "free", "u"), 200);
	deployment_stop(&deployment);
}

/* Without a profile everybody pays the full price. */
static void users(void **state)
{
	const struct answer *a;

	(void)state;
	assert_int_equal(
		answer_int(ride_quote(deployment.api, "free", "trusted"), "deposit"),
		150);
	stub_disable(&deployment, "user-profile", true);
	a = ride_quote(deployment.api, "free", "trusted");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "deposit"), 300);
	a = ride_quote(deployment.api, "free", "subscriber");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "free_period_min"), 10);
	stub_disable(&deployment, "user-profile", false);
	deployment_stop(&deployment);
}

static bool asked_in_vain(void *arg)
{
	const struct answer *a = client_get(deployment.api, "/metrics");

	return strstr(a->body, arg) != NULL;
}

/* The last good configs are used. */
static void configs_go(void **state)
{
	char failed[] = "endpoint=\"configs\",status=\"503\"";
	const struct answer *a;

	(void)state;
	stub_disable(&deployment, "configs", true);
	if (!wait_until(asked_in_vain, failed, 5000))
		fail_msg("the configs are not refreshed: no %s in /metrics", failed);
	a = ride_quote(deployment.api, "low", "u");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "price_per_hour"), 5400);
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 200);
	deployment_stop(&deployment);
}

static bool answers_live(void *arg)
{
	return client_get(arg, "/api/v1/health")->status == 200;
}

/* Without any configs ever the service serves, but is not ready. */
static void configs_never_came(void **state)
{
	struct deployment_spec spec = { .split = true, .env = env };

	(void)state;
	deployment_init(&deployment, &spec);
	node_start(&deployment.nodes[NODE_STUBS], NULL);
	stub_disable(&deployment, "configs", true);
	node_spawn(&deployment.nodes[NODE_API], NULL);
	assert_true(wait_until(answers_live, deployment.api, 20000));
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 503);
	stub_disable(&deployment, "configs", false);
	assert_true(node_ready(&deployment.nodes[NODE_API]));
	deployment_stop(&deployment);
}

/* Payments away: the rental begins, its deposit is debt; the service is ready. */
static void payments(void **state)
{
	const struct answer *a;
	struct ride ride;

	(void)state;
	stub_disable(&deployment, "hold-money-for-order", true);
	stub_disable(&deployment, "clear-money-for-order", true);
	ride_begin(&deployment, "slow", "u", &ride);
	a = ride_status(deployment.api, ride.order_id);
	assert_int_equal(answer_int(a, "debt"), 100);
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 200);
	stub_disable(&deployment, "hold-money-for-order", false);
	stub_disable(&deployment, "clear-money-for-order", false);
	ride_end(&deployment, &ride, "slow");
	expect_clean_end(&deployment, 20000);
}

/* Cabinets that nobody asks any more: it is known when they will be. */
static void eject_breaker(void **state)
{
	struct ride ride;
	int64_t wait;

	(void)state;
	stub_disable(&deployment, "eject-powerbank", true);
	for (int i = 0; i < 6; i++) {
		ride_must_quote(&deployment, "slow", "nobody", &ride);
		wait = seconds_to_wait(
			ride_start(deployment.api, ride.key, ride.quote_id));
		assert_in_range(wait, i < 5 ? 1 : 3000, i < 5 ? 60 : 3600);
	}
	expect_clean_end(&deployment, 20000);
}

/* The cabinet cannot be reached: no rental, nothing held, and later the station works. */
static void eject(void **state)
{
	const struct answer *a;
	struct ride ride;

	(void)state;
	ride_must_quote(&deployment, "slow", "nobody", &ride);
	stub_disable(&deployment, "eject-powerbank", true);
	a = ride_start(deployment.api, ride.key, ride.quote_id);
	expect_problem(a, 503);
	assert_non_null(answer_header(a, "Retry-After"));
	stub_disable(&deployment, "eject-powerbank", false);
	expect_settled(&deployment, 20000);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM rentals WHERE status IN "
	                        "('ACTIVE', 'PENDING')"),
	                 0);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM operations WHERE kind = 'hold' AND "
	                        "processed <> used"),
	                 0);
	ride_begin(&deployment, "slow", "somebody", &ride);
	ride_end(&deployment, &ride, "slow");
	expect_clean_end(&deployment, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DEPLOYMENT(stations, usual),
		ON_DEPLOYMENT(station_breaker, usual),
		ON_DEPLOYMENT(tariffs, usual),
		ON_DEPLOYMENT(users, usual),
		ON_DEPLOYMENT(configs_go, usual),
		cmocka_unit_test_teardown(configs_never_came, fixture_free),
		ON_DEPLOYMENT(payments, usual),
		ON_DEPLOYMENT(eject, usual),
		ON_DEPLOYMENT(eject_breaker, usual),
	};

	return cmocka_run_group_tests_name("fallback", tests, NULL, NULL);
}
