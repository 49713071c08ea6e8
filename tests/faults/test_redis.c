/* SPDX-License-Identifier: MIT
 *
 * test_redis.c - customers rent and return without a pause while Redis is killed, paused,
 * flushed and filled with what nobody but its operator's enemy would write. No rental fails, no
 * price is wrong, the books of both sides are equal. And what Redis is good for: a host begins
 * with what another has read. The process is redis.conf's.
 */
#include "cmocka_all.h"
#include "crowd.h"
#include "dbfile.h"
#include "redis.h"
#include "ride.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CUSTOMERS  6
#define ROUNDS     4
#define PROGRESS   25 /* rentals that have to succeed in each state of Redis */

#define TARIFF_KEY "rentald:cache:tariff:second"

static struct deployment deployment;
static struct redis *redis;

/* ---- customers */
static const struct kind {
	const char *user;
	int64_t deposit, free_period_min;
} kinds[] = {
	{ "plain", 100, 0 },
	{ "trusted", 50, 0 },
	{ "subscriber", 100, 30 },
};

struct customer {
	const struct kind *kind;
	int64_t slowest_ms;
};

static atomic_bool over;
static atomic_int rentals, failures;
static pthread_mutex_t first_lock = PTHREAD_MUTEX_INITIALIZER;
static char first_failure[512];

static void failed(const char *what, const struct answer *a)
{
	(void)pthread_mutex_lock(&first_lock);
	if (atomic_fetch_add(&failures, 1) == 0)
		(void)snprintf(first_failure, sizeof(first_failure), "%s: %ld %s%.300s",
		               what, a->status, a->why, a->body == NULL ? "" : a->body);
	(void)pthread_mutex_unlock(&first_lock);
}

static void time_it(struct customer *who, int64_t *since)
{
	int64_t now = now_ms();

	if (now - *since > who->slowest_ms)
		who->slowest_ms = now - *since;
	*since = now;
}

static bool is_priced_right(const struct answer *a, const struct kind *kind)
{
	return answer_int(a, "price_per_hour") == 3600 &&
	       answer_int(a, "deposit") == kind->deposit &&
	       answer_int(a, "free_period_min") == kind->free_period_min;
}

static void rent_once(struct client *c, struct customer *who)
{
	char quote[65], key[129], order[65];
	const struct answer *a;
	int64_t since = now_ms();

	a = ride_quote(c, "second", who->kind->user);
	time_it(who, &since);
	if (a->status != 200 || !is_priced_right(a, who->kind)) {
		failed("quote", a);
		return;
	}
	(void)snprintf(quote, sizeof(quote), "%s", answer_str(a, "quote_id"));
	ride_key(key);
	a = ride_start(c, key, quote);
	time_it(who, &since);
	if (a->status != 200) {
		failed("start", a);
		return;
	}
	(void)snprintf(order, sizeof(order), "%s", answer_str(a, "order_id"));
	a = ride_status(c, order);
	time_it(who, &since);
	if (a->status != 200)
		failed("status", a);
	a = ride_stop(c, order, "second");
	time_it(who, &since);
	if (a->status != 200)
		failed("stop", a);
	(void)atomic_fetch_add(&rentals, 1);
}

static void customer(void *item)
{
	struct customer *who = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);

	while (!atomic_load(&over))
		rent_once(c, who);
	client_free(c);
}

static bool has_come_to(void *arg)
{
	const int *wanted = arg;

	return atomic_load(&rentals) >= *wanted || atomic_load(&failures) > 0;
}

/* Rentals go on whatever Redis does. */
static void expect_progress(const char *while_what)
{
	int wanted = atomic_load(&rentals) + PROGRESS;

	if (!wait_until(has_come_to, &wanted, 60000) || atomic_load(&failures) > 0)
		fail_msg("redis %s: %d failures; first: %s", while_what,
		         atomic_load(&failures), first_failure);
}

/* ---- what is written to Redis */
static char *raw(const char *key)
{
	const char *const type[] = { "TYPE", key }, *const get[] = { "GET", key };
	char *text = redis_ask(redis, 2, type);
	bool string = text != NULL && strcmp(text, "string") == 0;

	free(text);
	return string ? redis_ask(redis, 2, get) : NULL;
}

static void put(const char *key, const char *text)
{
	redis_set(redis, key, text, strlen(text));
}

static void put_huge(const char *key)
{
	size_t size = (size_t)1024 * 1024;
	char *huge = malloc(size);

	assert_non_null(huge);
	memset(huge, '1', size);
	redis_set(redis, key, huge, size);
	free(huge);
}

/* A tariff like ours, except for its price and its writer. */
static void put_lie(const char *key)
{
	struct timespec now;
	char text[512];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(text, sizeof(text),
	               "c0 {\"price_per_hour\":1,\"free_period_min\":600,\"deposit\":1,"
	               "\"v\":1,\"what\":\"tariff\",\"id\":\"second\",\"at\":%lld}",
	               (long long)now.tv_sec * 1000000);
	put(key, text);
}

/* In one step, for it may be written again at any time. */
static void put_list(const char *key)
{
	const char *const argv[] = { "EVAL",
		                     "redis.call('DEL', KEYS[1]); "
		                     "return redis.call('LPUSH', KEYS[1], 'wrong')",
		                     "1", key };

	free(redis_ask(redis, 4, argv));
}

static void put_changed(const char *key)
{
	char *text = raw(key);

	if (text != NULL && text[0] != '\0') {
		text[strlen(text) / 2] ^= 1;
		put(key, text);
	}
	free(text);
}

#define SWEEP 40 /* keys; with quotes in Redis there are thousands */

struct poisoner {
	int n, left;
	char *other; /* the value of another key */
};

static void poison(void *arg, const char *key)
{
	struct poisoner *p = arg;
	char *mine;

	if (p->left-- <= 0)
		return;
	mine = raw(key);
	switch (p->n++ % 6) {
	case 0:
		put(key, "\xff garbage");
		break;
	case 1:
		put_huge(key);
		break;
	case 2:
		put_lie(key);
		break;
	case 3:
		put_list(key);
		break;
	case 4:
		put_changed(key);
		break;
	default:
		if (p->other != NULL)
			put(key, p->other);
		break;
	}
	free(p->other);
	p->other = mine;
}

static void poison_all(struct poisoner *p)
{
	for (int i = 0; i < 10; i++) {
		put_lie(TARIFF_KEY);
		p->left = SWEEP;
		redis_each(redis, poison, p);
		redis_say(redis, "SET rentald:cache:tariff:first c1");
	}
}

/* ---- the storm */
static void open_deployment(const char *const *args)
{
	static char url[64];
	static const char *env[] = { url, NULL };

	redis = redis_new(NULL);
	(void)snprintf(url, sizeof(url), "REDIS_URL=%s", redis_url(redis));
	deployment_init(&deployment, &(struct deployment_spec){
					     .split = true,
					     .endless = true,
					     .env = env,
					     .args = args,
					     .configs = { "tests/faults/redis.conf" } });
	node_start(&deployment.nodes[NODE_STUBS], NULL);
	node_start(&deployment.nodes[NODE_API], NULL);
}

static int free_deployment(void **state)
{
	(void)state;
	deployment_free(&deployment);
	redis_free(redis);
	redis = NULL;
	return 0;
}

static int64_t metric(const char *line)
{
	const struct answer *a = client_get(deployment.api, "/metrics");
	const char *at;

	expect_status(a, 200);
	at = strstr(a->body, line);
	return at == NULL ? 0 : strtoll(at + strlen(line), NULL, 10);
}

static void weather(void)
{
	struct poisoner p = { 0 };

	for (int round = 0; round < ROUNDS; round++) {
		expect_progress("as it should be");
		redis_kill(redis);
		expect_progress("killed");
		redis_start(redis);
		expect_progress("started again");
		redis_pause(redis);
		expect_progress("paused");
		redis_continue(redis);
		expect_progress("going on");
		redis_say(redis, "FLUSHALL");
		expect_progress("flushed");
		poison_all(&p);
		expect_progress("poisoned");
		poison_all(&p);
	}
	free(p.other);
}

static bool is_used(void *arg)
{
	const char *line = arg;

	return metric(line) > 0;
}

static void expect_counted(const char *cache, const char *result)
{
	char line[160];

	(void)snprintf(line, sizeof(line),
	               "rental_system_cache_requests_total{service=\"rental-core\","
	               "cache=\"%s\",result=\"%s\"} ",
	               cache, result);
	if (!wait_until(is_used, line, 30000))
		fail_msg("never counted: %s\n%s", line,
		         client_get(deployment.api, "/metrics")->body);
}

/* Redis that hangs costs an answer a few of these, never the seconds after which its
 * connection is given up. */
#define TIMEOUT  "--set=instances.shared.options.timeout=200ms"
#define PATIENCE "--set=instances.shared.options.connect_timeout=30s"
#define SLOW_MS  4000

static void storm(const char *const *args, bool quotes_there)
{
	struct customer customers[CUSTOMERS] = { { 0 } };
	struct crowd *crowd;
	int64_t slowest = 0;

	open_deployment(args);
	atomic_store(&over, false);
	atomic_store(&rentals, 0);
	atomic_store(&failures, 0);
	for (size_t i = 0; i < CUSTOMERS; i++)
		customers[i].kind = &kinds[i % 3];
	crowd = crowd_start(CUSTOMERS, customer, customers, sizeof(customers[0]));
	weather();
	expect_counted("tariff", "hit");
	expect_counted("tariff", "refused");
	expect_counted("user", "hit");
	if (quotes_there)
		expect_counted("quote", "stored");
	atomic_store(&over, true);
	crowd_join(crowd);
	for (size_t i = 0; i < CUSTOMERS; i++)
		slowest = customers[i].slowest_ms > slowest ? customers[i].slowest_ms
		                                            : slowest;
	print_message("%d rentals, %d failures, slowest answer %lld ms\n",
	              atomic_load(&rentals), atomic_load(&failures), (long long)slowest);
	if (atomic_load(&failures) > 0)
		fail_msg("%d failures; first: %s", atomic_load(&failures), first_failure);
	assert_in_range(slowest, 0, SLOW_MS);
	assert_int_equal(
		db_int(deployment.db,
	               "SELECT COUNT(*) FROM rentals WHERE price_per_hour <> 3600 "
	               "OR deposit <> CASE user_id WHEN 'trusted' THEN 50 ELSE "
	               "100 END OR free_period_min <> CASE user_id WHEN "
	               "'subscriber' THEN 30 ELSE 0 END"),
		0);
	expect_settled(&deployment, 30000);
	expect_books(&deployment);
	expect_audit(&deployment);
	deployment_stop(&deployment);
}

static void storm_quotes_in_the_database(void **state)
{
	static const char *const args[] = { TIMEOUT, PATIENCE, NULL };

	(void)state;
	storm(args, false);
}

static void storm_quotes_in_redis(void **state)
{
	static const char *const args[] = { TIMEOUT, PATIENCE,
		                            "--set=instances.shared.options.quotes=redis",
		                            NULL };

	(void)state;
	storm(args, true);
}

/* ---- too old */
/* A good value of ours, put back after its time. */
static void old_values_are_not_used(void **state)
{
	static const char *const env[] = { "TARIFF_TTL=2s", NULL };
	const struct answer *a;
	struct ride ride;
	char *text;

	(void)state;
	open_deployment(NULL);
	node_end(&deployment.nodes[NODE_API]);
	node_start(&deployment.nodes[NODE_API], env);
	ride_must_quote(&deployment, "second", "plain", &ride);
	text = raw(TARIFF_KEY);
	assert_non_null(text);
	stub_disable(&deployment, "tariff", true);
	do {
		redis_set(redis, TARIFF_KEY, text, strlen(text));
		a = ride_quote(deployment.api, "second", "plain");
	} while (a->status == 200);
	expect_problem(a, 503);
	stub_disable(&deployment, "tariff", false);
	free(text);
	deployment_stop(&deployment);
}

/* ---- a host that begins */
static bool has_shared_configs(void *arg)
{
	char *text = raw("rentald:cache:configs:");
	bool there = text != NULL;

	(void)arg;
	free(text);
	return there;
}

static bool says_not_ready(void *arg)
{
	(void)arg;
	return client_get(deployment.api, "/api/v1/health/ready")->status == 503;
}

static void a_host_begins_with_what_another_read(void **state)
{
	static const char *const again[] = { "TARIFF_TTL=600s", NULL };
	const struct answer *a;
	struct ride ride;

	(void)state;
	open_deployment(NULL);
	node_end(&deployment.nodes[NODE_API]);
	node_start(&deployment.nodes[NODE_API], again);
	assert_true(wait_until(has_shared_configs, NULL, 30000));
	ride_must_quote(&deployment, "second", "plain", &ride);
	node_end(&deployment.nodes[NODE_API]);
	stub_disable(&deployment, "configs", true);
	stub_disable(&deployment, "tariff", true);
	node_start(&deployment.nodes[NODE_API], again);
	ride_must_quote(&deployment, "second", "plain", &ride);
	assert_int_equal(ride.price_per_hour, 3600);
	node_end(&deployment.nodes[NODE_API]);
	/* Without that it waits for the service. */
	redis_say(redis, "FLUSHALL");
	node_spawn(&deployment.nodes[NODE_API], again);
	assert_true(wait_until(says_not_ready, NULL, 60000));
	a = ride_quote(deployment.api, "second", "plain");
	expect_problem(a, 503);
	stub_disable(&deployment, "configs", false);
	stub_disable(&deployment, "tariff", false);
	assert_true(node_ready(&deployment.nodes[NODE_API]));
	ride_must_quote(&deployment, "second", "plain", &ride);
	deployment_stop(&deployment);
}

/* Redis that is not there is shown, and is no reason to be not ready. */
static void no_redis_is_ready(void **state)
{
	const struct answer *a;
	struct ride ride;

	(void)state;
	open_deployment(NULL);
	node_end(&deployment.nodes[NODE_API]);
	redis_kill(redis);
	node_start(&deployment.nodes[NODE_API], NULL);
	a = client_get(deployment.api, "/api/v1/health/ready");
	expect_status(a, 200);
	assert_non_null(strstr(a->body, "degraded"));
	assert_true(metric("rental_system_database_connections_active{service=\"rental-"
	                   "core\",database=\"redis\"} ") == 0);
	ride_begin(&deployment, "second", "plain", &ride);
	ride_end(&deployment, &ride, "second");
	expect_settled(&deployment, 30000);
	expect_books(&deployment);
	expect_audit(&deployment);
	deployment_stop(&deployment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(no_redis_is_ready, free_deployment),
		cmocka_unit_test_teardown(a_host_begins_with_what_another_read,
		                          free_deployment),
		cmocka_unit_test_teardown(old_values_are_not_used, free_deployment),
		cmocka_unit_test_teardown(storm_quotes_in_the_database, free_deployment),
		cmocka_unit_test_teardown(storm_quotes_in_redis, free_deployment),
	};

	return cmocka_run_group_tests_name("redis", tests, NULL, NULL);
}
