/* SPDX-License-Identifier: MIT
 *
 * test_shared_catalog.c - catalogue values that hosts share: what one host has read
 * another need not ask for, never past its time; and what anybody may have written is not
 * believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "catalog.h"
#include "fake_host.h"
#include "observers.h"
#include "shared_catalog.h"
#include "tariffs.h"

#define T0      (INT64_C(1795418464) * RENT_SECOND)
#define TTL     (600 * RENT_SECOND)
#define ENTRIES 8

/* The storage's cache: a few texts; and the provider: what it says, and how often it was
 * asked. */
static struct {
	struct {
		char space[32], key[RENT_ID_SIZE], text[2048];
		int64_t ttl;
	} entries[ENTRIES];
	size_t count;
	int gets;
	bool down; /* the provider */
	int asked[RENT_CAT_CONFIGS + 1];
	int64_t price;
	int64_t breaker_us; /* of an open one; 0: closed */
} world;

static int find(const char *space, const char *key)
{
	for (size_t i = 0; i < world.count; i++) {
		if (strcmp(world.entries[i].space, space) == 0 &&
		    strcmp(world.entries[i].key, key) == 0)
			return (int)i;
	}
	return -1;
}

static int fake_get(void *self, const char *space, const char *key,
                    struct rent_arena *arena, const char **ret, struct rent_error *err)
{
	int i = find(space, key);

	(void)self;
	(void)err;
	world.gets++;
	if (i < 0)
		return 1;
	*ret = rent_strdup(arena, world.entries[i].text);
	return 0;
}

static int fake_put(void *self, const char *space, const char *key, const char *value,
                    int64_t ttl_us, struct rent_error *err)
{
	int i = find(space, key);

	(void)self;
	(void)err;
	assert_true(ttl_us > 0);
	if (i < 0)
		i = (int)world.count++;
	assert_true(i < ENTRIES);
	assert_true(rent_copy(world.entries[i].space, 32, space));
	assert_true(rent_copy(world.entries[i].key, RENT_ID_SIZE, key));
	assert_true(rent_copy(world.entries[i].text, 2048, value));
	world.entries[i].ttl = ttl_us;
	return 0;
}

static const struct rent_storage with_cache = { .struct_size = sizeof(with_cache),
	                                        .cache_get = fake_get,
	                                        .cache_put = fake_put };
static const struct rent_storage without_cache = { .struct_size = sizeof(without_cache) };

static int fake_build(void *self, enum rent_catalog_what what, const char *id,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err)
{
	(void)self;
	(void)id;
	(void)arena;
	(void)err;
	ret->method = "GET";
	world.asked[what]++;
	return 0;
}

static void fake_parse(void *self, enum rent_catalog_what what, const char *id,
                       const struct rent_upstream_reply *reply, struct rent_arena *arena,
                       struct rent_catalog_result *ret)
{
	(void)self;
	(void)what;
	(void)reply;
	ret->outcome = RENT_SUCCEEDED;
	ret->tariff = (struct rent_catalog_tariff){ .price_per_hour = world.price,
		                                    .free_period_min = 5,
		                                    .deposit = 300 };
	ret->user.trusted = true;
	ret->configs.last_banks_increase_ppm = 1500000;
	ret->station.slots = 8;
	ret->station.available = 3;
	ret->station.json = rent_printf(arena, "{\"id\":\"%s\",\"city\":\"Ωmsk\"}", id);
	(void)rent_copy(ret->station.tariff_id, RENT_ID_SIZE, "t1");
}

static const struct rent_catalog catalog = { .struct_size = sizeof(catalog),
	                                     .build = fake_build,
	                                     .parse = fake_parse };

static void answer(void *arg, struct rent_exchange *x)
{
	(void)arg;
	x->transport = world.down ? RENT_NO_ANSWER : RENT_REPLIED;
	if (world.breaker_us == 0)
		return;
	x->transport = RENT_NOT_SENT;
	x->breaker_open = true;
	x->reply.retry_after_us = world.breaker_us;
}

static struct fake_host *fake;
static struct rent_arena *arena;
static struct core one, other;
static struct observers observers;

static void init(struct core *core)
{
	memset(core, 0, sizeof(*core));
	core->host = fake_host_table(fake);
	core->store = &with_cache;
	core->catalog.api = &catalog;
	core->tariff_ttl = TTL;
	core->configs_refresh = RENT_MINUTE;
	core->configs_shared = RENT_HOUR;
	pthread_mutex_init(&core->catalog.lock, NULL);
	pthread_mutex_init(&core->configs_lock, NULL);
	core->observers = &observers;
	observers_init(&observers, core->host);
	core->tariffs = tariffs_new(16);
	assert_non_null(core->tariffs);
}

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.price = 60;
	fake = fake_host_new(NULL, NULL);
	fake_host_set_wall(fake, T0);
	fake_host_on_exchange(fake, answer, NULL);
	arena = fake_host_table(fake)->arena_new(fake_host_table(fake));
	init(&one);
	init(&other);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tariffs_free(one.tariffs);
	tariffs_free(other.tariffs);
	fake_host_table(fake)->arena_free(fake_host_table(fake), arena);
	fake_host_free(fake);
	return 0;
}

static int64_t price_at(struct core *core)
{
	struct rent_catalog_tariff t = { .price_per_hour = -1 };
	int64_t retry_us;

	if (catalog_tariff(core, arena, "t1", &t, &retry_us) != RENT_SUCCEEDED)
		return -1;
	assert_string_equal(t.id, "t1");
	return t.price_per_hour;
}

static void a_tariff_is_read_once(void **state)
{
	(void)state;
	assert_int_equal(price_at(&one), 60);
	assert_int_equal(world.asked[RENT_CAT_TARIFF], 1);
	assert_true(world.entries[0].ttl == TTL);
	fake_host_advance(fake, 400 * RENT_SECOND);
	assert_int_equal(price_at(&other), 60);
	assert_int_equal(world.asked[RENT_CAT_TARIFF], 1);
}

/* From when it was read, not from when it was found. */
static void its_time_is_counted_once(void **state)
{
	(void)state;
	assert_int_equal(price_at(&one), 60);
	fake_host_advance(fake, 400 * RENT_SECOND);
	assert_int_equal(price_at(&other), 60);
	world.price = 90;
	fake_host_advance(fake, 200 * RENT_SECOND - 1);
	assert_int_equal(price_at(&other), 60);
	fake_host_advance(fake, 1);
	assert_int_equal(price_at(&other), 90);
	/* … and without a provider there is no price. */
	fake_host_advance(fake, TTL);
	world.down = true;
	assert_int_equal(price_at(&other), -1);
	assert_int_equal(price_at(&one), -1);
}

static void no_cache_no_harm(void **state)
{
	(void)state;
	one.store = &without_cache;
	other.store = NULL;
	assert_int_equal(price_at(&one), 60);
	assert_int_equal(price_at(&other), 60);
	assert_int_equal(world.asked[RENT_CAT_TARIFF], 2);
}

#define AT     "1795418464000000"
#define TARIFF "\"price_per_hour\":1,\"free_period_min\":5,\"deposit\":300"

static void lies_are_not_believed(void **state)
{
	static const char *const texts[] = {
		"",
		"null",
		"{}",
		"[]",
		"garbage",
		"{\"v\":1",
		"{\"v\":2,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT "," TARIFF "}",
		"{\"v\":1,\"what\":\"user\",\"id\":\"t1\",\"at\":" AT "," TARIFF "}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t2\",\"at\":" AT "," TARIFF "}",
		"{\"v\":1,\"what\":\"tariff\",\"at\":" AT "," TARIFF "}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\"," TARIFF "}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":\"" AT "\"," TARIFF
		"}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":1795417864000000," TARIFF
		"}", /* 600 s old */
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":1795418469000001," TARIFF
		"}", /* from the future */
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":-1," TARIFF "}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT "," TARIFF
		",\"more\":1}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT "," TARIFF
		",\"deposit\":1}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT
		",\"price_per_hour\":-1,\"free_period_min\":5,\"deposit\":300}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT
		",\"price_per_hour\":1.0,\"free_period_min\":5,\"deposit\":300}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT
		",\"price_per_hour\":1,\"free_period_min\":5256001,\"deposit\":300}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT
		",\"price_per_hour\":1,\"free_period_min\":5,\"deposit\":1000000000001}",
		"{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT
		",\"price_per_hour\":99999999999999999999,\"free_period_min\":5,"
		"\"deposit\":300}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		world.count = 0;
		assert_int_equal(fake_put(NULL, "tariff", "t1", texts[i], TTL, NULL), 0);
		tariffs_free(one.tariffs);
		one.tariffs = tariffs_new(16);
		assert_non_null(one.tariffs);
		if (price_at(&one) != 60)
			fail_msg("believed: %s", texts[i]);
		/* The correct value is there now. */
		assert_non_null(strstr(world.entries[0].text, "\"price_per_hour\":60"));
	}
	/* The frame of all these is right. */
	world.count = 0;
	assert_int_equal(fake_put(NULL, "tariff", "t1",
	                          "{\"v\":1,\"what\":\"tariff\",\"id\":\"t1\",\"at\":" AT
	                          "," TARIFF "}",
	                          TTL, NULL),
	                 0);
	assert_int_equal(price_at(&other), 1);
}

static bool configs_of(struct core *core)
{
	struct rent_catalog_configs configs = { 0 };
	bool known;

	catalog_refresh(core);
	known = catalog_configs(core, &configs);
	if (known)
		assert_true(configs.last_banks_increase_ppm == 1500000);
	return known;
}

static void begins_with_what_another_knew(void **state)
{
	(void)state;
	assert_true(configs_of(&one));
	fake_host_advance(fake, RENT_HOUR - 1);
	world.down = true;
	assert_true(configs_of(&other));
	/* Not when it is too old. */
	tariffs_free(other.tariffs);
	init(&other);
	fake_host_advance(fake, 1);
	assert_false(configs_of(&other));
	/* Not when it is not wanted. */
	world.down = false;
	fake_host_advance(fake, RENT_MINUTE);
	assert_true(configs_of(&one));
	world.down = true;
	other.configs_shared = 0;
	assert_false(configs_of(&other));
	other.configs_shared = RENT_HOUR;
	assert_true(configs_of(&other));
}

static void ask(struct core *core, struct catalog_ask asks[2])
{
	asks[0] = (struct catalog_ask){ .what = RENT_CAT_STATION, .id = "s1" };
	asks[1] = (struct catalog_ask){ .what = RENT_CAT_USER, .id = "u1" };
	catalog_read(core, arena, asks, 2);
}

static void stock_and_people_are_asked_for(void **state)
{
	struct catalog_ask asks[2];

	(void)state;
	ask(&one, asks);
	ask(&other, asks);
	assert_int_equal(world.asked[RENT_CAT_STATION], 2);
	assert_int_equal(world.asked[RENT_CAT_USER], 2);
	assert_int_equal(world.gets, 0);
	assert_int_equal(world.count, 0);
}

static void an_open_breaker_says_when(void **state)
{
	struct rent_catalog_tariff t;
	struct catalog_ask asks[2];
	int64_t retry_us = -1;

	(void)state;
	world.breaker_us = 17 * RENT_SECOND;
	ask(&one, asks);
	assert_int_equal(asks[0].result.outcome, RENT_UNKNOWN);
	assert_int_equal(asks[0].retry_us, 17 * RENT_SECOND);
	assert_int_equal(catalog_tariff(&one, arena, "t1", &t, &retry_us), RENT_UNKNOWN);
	assert_int_equal(retry_us, 17 * RENT_SECOND);
	world.breaker_us = 0; /* without an answer for another reason nobody knows */
	world.down = true;
	ask(&one, asks);
	assert_int_equal(asks[0].retry_us, 0);
	assert_int_equal(catalog_tariff(&one, arena, "t1", &t, &retry_us), RENT_UNKNOWN);
	assert_int_equal(retry_us, 0);
	one.catalog.api = NULL;
	ask(&one, asks);
	assert_int_equal(asks[0].retry_us, 0);
}

static void unless_an_option_says_so(void **state)
{
	struct catalog_ask asks[2];

	(void)state;
	one.station_ttl = other.station_ttl = 2 * RENT_SECOND;
	one.user_ttl = other.user_ttl = 3 * RENT_SECOND;
	ask(&one, asks);
	fake_host_advance(fake, RENT_SECOND);
	ask(&other, asks);
	assert_int_equal(world.asked[RENT_CAT_STATION], 1);
	assert_int_equal(world.asked[RENT_CAT_USER], 1);
	assert_int_equal(asks[0].result.outcome, RENT_SUCCEEDED);
	assert_string_equal(asks[0].result.station.id, "s1");
	assert_string_equal(asks[0].result.station.tariff_id, "t1");
	assert_true(asks[0].result.station.slots == 8);
	assert_true(asks[0].result.station.available == 3);
	assert_string_equal(asks[0].result.station.json,
	                    "{\"id\":\"s1\",\"city\":\"Ωmsk\"}");
	assert_true(asks[1].result.user.trusted && !asks[1].result.user.subscriber);
	fake_host_advance(fake, RENT_SECOND);
	ask(&other, asks);
	assert_int_equal(world.asked[RENT_CAT_STATION], 2);
	assert_int_equal(world.asked[RENT_CAT_USER], 1);
	/* What could not be read is not shared. */
	world.down = true;
	world.count = 0;
	ask(&one, asks);
	assert_int_equal(asks[1].result.outcome, RENT_UNKNOWN);
	assert_int_equal(world.count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_tariff_is_read_once),
		T(its_time_is_counted_once),
		T(no_cache_no_harm),
		T(lies_are_not_believed),
		T(begins_with_what_another_knew),
		T(stock_and_people_are_asked_for),
		T(an_open_breaker_says_when),
		T(unless_an_option_says_so),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
