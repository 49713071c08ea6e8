/* SPDX-License-Identifier: MIT
 *
 * test_signals.c - SIGHUP and SIGTERM as an operator sends them: a reload changes what may
 * change and refuses the rest, a stop finishes what it has begun.
 */
#include "cmocka_all.h"
#include "crowd.h"
#include "dbfile.h"
#include "ride.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct deployment deployment;
static char *config; /* a copy of the API's configuration that a test may change */

static int free_deployment(void **state)
{
	(void)state;
	deployment_free(&deployment);
	free(config);
	config = NULL;
	return 0;
}

/* Writes the shipped one with `from` replaced by `to` to the deployment's folder. */
static void write_config(const char *from, const char *to)
{
	char *text = variant_text(variant_chosen(),
	                          deployment.spec.split ? "rental-core" : "all-in-one");
	char *at, *out = NULL;

	at = strstr(text, from);
	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to,
	                     at + strlen(from)) > 0);
	file_write(config, out);
	free(out);
	free(text);
}

static void open_configured(void)
{
	deployment_init(&deployment, &(struct deployment_spec){ 0 });
	assert_true(asprintf(&config, "%s/my.conf", deployment.dir) > 0);
	deployment.spec.configs[ROLE_API] = config;
	write_config("service", "service");
	if (deployment.spec.split)
		node_start(&deployment.nodes[NODE_STUBS], NULL);
	node_start(&deployment.nodes[NODE_API], NULL);
}

static bool ttl_is(void *arg)
{
	const int64_t *want = arg;

	return answer_int(ride_quote(deployment.api, "second", "u"), "expires_in_sec") ==
	       *want;
}

static void reload(void **state)
{
	int64_t before = 60, after = 7;

	(void)state;
	open_configured();
	assert_true(ttl_is(&before));
	write_config("${env:QUOTE_TTL:-60s}", "7s");
	proc_signal(deployment.nodes[NODE_API].proc, SIGHUP);
	if (!wait_until(ttl_is, &after, 10000))
		fail_msg("quote_ttl did not change");
	deployment_stop(&deployment);
}

static bool log_says(void *arg)
{
	return deployment_log_count(&deployment, arg) > 0;
}

/* Nothing is taken over of a configuration that changes what may not change, or is broken. */
static void reload_refused(void **state)
{
	char path[] = "options.path", writers[] = "options.writers",
	     broken[] = "r_buyuot";
	int64_t ttl = 60;

	(void)state;
	open_configured();
	if (variant_chosen()->postgres)
		write_config("dsn = \"", "writers = 3; dsn = \"");
	else
		write_config("/rentald.db\"", "/other.db\"");
	proc_signal(deployment.nodes[NODE_API].proc, SIGHUP);
	assert_true(
		wait_until(log_says, variant_chosen()->postgres ? writers : path, 10000));
	assert_true(ttl_is(&ttl));
	write_config("r_buyout = ", "r_buyuot = ");
	proc_signal(deployment.nodes[NODE_API].proc, SIGHUP);
	assert_true(wait_until(log_says, broken, 10000));
	assert_true(ttl_is(&ttl));
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 200);
	deployment_stop(&deployment);
}

/* ---- drain */
static atomic_bool stop_asking;

struct user {
	atomic_int answered;
	int odd;
	char last[256];
};

/* Asks until nobody listens any more. An answer is whole, or there is none at all. */
static void ask_on(void *item)
{
	struct user *user = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);

	while (!atomic_load(&stop_asking)) {
		const struct answer *a = ride_quote(c, "second", "u");

		if (a->status == 200) {
			(void)atomic_fetch_add(&user->answered, 1);
		} else if (a->status != 503 && strstr(a->why, "connect") == NULL) {
			user->odd++;
			(void)snprintf(user->last, sizeof(user->last),
			               "%ld %.100s %.100s", a->status, a->why, a->body);
		} else if (a->status == 0) {
			break;
		}
	}
	client_free(c);
}

static void slow_start(void *item)
{
	struct ride *ride = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);
	const struct answer *a = ride_start(c, ride->key, ride->quote_id);
	const char *order = answer_str(a, "order_id");

	(void)snprintf(ride->order_id, sizeof(ride->order_id), "%s",
	               order != NULL ? order : "");
	client_free(c);
}

static bool is_pending(void *arg)
{
	const struct ride *ride = arg;

	return db_int(deployment.db, "SELECT COUNT(*) FROM rentals WHERE quote_id = %Q",
	              ride->quote_id) == 1;
}

static bool all_were_answered(void *arg)
{
	struct user *users = arg;

	for (size_t i = 0; i < 8; i++) {
		if (atomic_load(&users[i].answered) == 0)
			return false;
	}
	return true;
}

/* SIGTERM while a start waits for the station and others ask all the time: the start is
 * answered, nobody gets half an answer, exit code 0. */
static void drain(void **state)
{
	struct user users[8] = { 0 };
	struct crowd *asking, *starting;
	struct ride ride;
	int code;

	(void)state;
	deployment_open(&deployment, &(struct deployment_spec){ .split = true });
	ride_must_quote(&deployment, "second", "drain", &ride);
	stub_settings(&deployment,
	              "{\"endpoint\": \"eject-powerbank\", \"latency_ms\": 1000}");
	atomic_store(&stop_asking, false);
	asking = crowd_start(8, ask_on, users, sizeof(users[0]));
	assert_true(wait_until(all_were_answered, users, 10000));
	starting = crowd_start(1, slow_start, &ride, sizeof(ride));
	assert_true(wait_until(is_pending, &ride, 10000));
	proc_signal(deployment.nodes[NODE_API].proc, SIGTERM);
	code = proc_join(deployment.nodes[NODE_API].proc, 20000);
	atomic_store(&stop_asking, true);
	crowd_join(starting);
	crowd_join(asking);
	assert_int_equal(code, 0);
	for (size_t i = 0; i < 8; i++) {
		if (users[i].odd > 0)
			fail_msg("not a whole answer: %s", users[i].last);
	}
	assert_string_not_equal(ride.order_id, "");
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM rentals WHERE id = %Q AND status = "
	                        "'ACTIVE'",
	                        ride.order_id),
	                 1);
	proc_free(deployment.nodes[NODE_API].proc);
	deployment.nodes[NODE_API].proc = NULL;
	expect_books(&deployment);
	deployment_stop(&deployment);
}

/* A second signal ends at once. */
static void second_signal(void **state)
{
	struct crowd *starting;
	struct ride ride;
	int64_t began;

	(void)state;
	deployment_open(&deployment, &(struct deployment_spec){ .split = true });
	ride_must_quote(&deployment, "second", "second", &ride);
	stub_settings(&deployment,
	              "{\"endpoint\": \"eject-powerbank\", \"latency_ms\": 1400}");
	starting = crowd_start(1, slow_start, &ride, sizeof(ride));
	assert_true(wait_until(is_pending, &ride, 10000));
	began = now_ms();
	proc_signal(deployment.nodes[NODE_API].proc, SIGTERM);
	proc_signal(deployment.nodes[NODE_API].proc, SIGINT);
	assert_true(proc_join(deployment.nodes[NODE_API].proc, 1000) >= 0);
	assert_true(now_ms() - began < 1000);
	crowd_join(starting);
	proc_free(deployment.nodes[NODE_API].proc);
	deployment.nodes[NODE_API].proc = NULL;
	deployment_stop(&deployment);
}

static bool is_refused(void *arg)
{
	const char *type =
		answer_str(ride_quote(deployment.api, "second", "late"), "type");

	(void)arg;
	return type != NULL && strcmp(type, "/problems/draining") == 0;
}

/* While a start waits for the station, readiness and every new request are answered with
 * 503. Then the port is closed. */
static void unready_while_draining(void **state)
{
	const struct answer *a;
	struct crowd *starting;
	struct ride ride;

	(void)state;
	deployment_open(&deployment, &(struct deployment_spec){ .split = true });
	ride_must_quote(&deployment, "second", "unready", &ride);
	stub_settings(&deployment,
	              "{\"endpoint\": \"eject-powerbank\", \"latency_ms\": 1400}");
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 200);
	starting = crowd_start(1, slow_start, &ride, sizeof(ride));
	assert_true(wait_until(is_pending, &ride, 10000));
	proc_signal(deployment.nodes[NODE_API].proc, SIGTERM);
	assert_true(wait_until(is_refused, NULL, 1000));
	a = ride_quote(deployment.api, "second", "late");
	expect_status(a, 503);
	assert_string_equal(answer_header(a, "Retry-After"), "1");
	assert_string_equal(answer_header(a, "Connection"), "close");
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 503);
	crowd_join(starting);
	assert_string_not_equal(ride.order_id, "");
	assert_int_equal(proc_join(deployment.nodes[NODE_API].proc, 10000), 0);
	proc_free(deployment.nodes[NODE_API].proc);
	deployment.nodes[NODE_API].proc = NULL;
	assert_int_equal(client_get(deployment.api, "/api/v1/health")->status, 0);
	assert_true(deployment_log_count(&deployment, "level=error") == 0);
	deployment_stop(&deployment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(reload, free_deployment),
		cmocka_unit_test_teardown(reload_refused, free_deployment),
		cmocka_unit_test_teardown(drain, free_deployment),
		cmocka_unit_test_teardown(second_signal, free_deployment),
		cmocka_unit_test_teardown(unready_while_draining, free_deployment),
	};

	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
