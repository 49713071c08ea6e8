/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/catalog_file_test.c - catalog_file: what a file may say, every fault of one
 * in one run, the watch, and the live part that comes from the cabinet.
 */
#include "provider_test.h"

#include <rent/catalog.h>
#include <rent/station.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/catalog-file-test-XXXXXX";
static struct rent_error err;

static const char good[] =
	"configs:\n"
	"  last_banks_increase: 1.5\n"
	"tariffs:\n"
	"  - {id: city, price_per_hour: 60, free_period_min: 5, deposit: 300}\n"
	"stations:\n"
	"  - id: s2\n"
	"    tariff_id: city\n"
	"    slots: 3\n"
	"    name: \"Caf\xc3\xa9 \\\"Opera\\\"\"\n"
	"    lat: 59.9301\n"
	"    lon: -30.5\n"
	"  - {id: s1, tariff_id: city, slots: 2, disabled: true}\n"
	"  - {id: s3, tariff_id: city, slots: 2, rentals_blocked: true}\n"
	"users:\n"
	"  - {id: u1, subscriber: true}\n"
	"  - {id: u2, trusted: true}\n";

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) >= 0, 1);
	assert_int_equal(fclose(f), 0);
}

static struct rent_catalog_result ask(enum rent_catalog_what what, const char *id)
{
	struct rent_catalog_result ret = { .struct_size = sizeof(ret) };

	((const struct rent_catalog *)plugin->api)
		->read(self, what, id, RENT_NO_DEADLINE, arena, &ret);
	return ret;
}

static void answers_from_the_file(void **state)
{
	struct rent_catalog_result r = ask(RENT_CAT_TARIFF, "city");

	(void)state;
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	assert_int_equal(r.tariff.price_per_hour, 60);
	assert_int_equal(r.tariff.free_period_min, 5);
	assert_int_equal(r.tariff.deposit, 300);
	assert_int_equal(ask(RENT_CAT_TARIFF, "town").outcome, RENT_DECLINED);
	r = ask(RENT_CAT_CONFIGS, "");
	assert_int_equal(r.configs.last_banks_increase_ppm, 1500000);
	r = ask(RENT_CAT_USER, "u1");
	assert_true(r.user.subscriber && !r.user.trusted);
	r = ask(RENT_CAT_USER, "u2");
	assert_true(!r.user.subscriber && r.user.trusted);
	r = ask(RENT_CAT_USER, "stranger");
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	assert_true(!r.user.subscriber && !r.user.trusted);
	assert_int_equal(ask(RENT_CAT_STATION, "s1").outcome, RENT_DECLINED);
	assert_int_equal(ask(RENT_CAT_STATION, "s3").outcome, RENT_DECLINED);
	assert_int_equal(ask(RENT_CAT_STATION, "nowhere").outcome, RENT_DECLINED);
	r = ask(RENT_CAT_STATION, "s2");
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	assert_int_equal(r.station.slots, 3);
	assert_int_equal(r.station.available, 3);
	assert_string_equal(
		r.station.json,
		"{\"id\":\"s2\",\"tariff_id\":\"city\",\"name\":\"Caf\xc3\xa9 "
		"\\\"Opera\\\"\",\"location\":null,\"opening_hours\":null,"
		"\"venue_id\":null,\"lat\":59.9301,\"lon\":-30.5,\"slots\":[]}");
}

/* ---- faults */

static char said[8192];

static void RENT_PRINTF(4, 5) hear(const struct rent_host *h, enum rent_log_level level,
                                   const struct rent_field *fields, const char *fmt, ...)
{
	size_t at = strlen(said);
	va_list ap;

	(void)h;
	(void)fields;
	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, in the line above */
	(void)vsnprintf(said + at, sizeof(said) - at, fmt, ap);
	va_end(ap);
	if (level != RENT_LOG_ERROR) {
		said[at] = '\0';
		return;
	}
	(void)strncat(said, "\n", sizeof(said) - strlen(said) - 1);
}

static void the_sample_is_right(void **state)
{
	const struct fake_option opts[] = { { "file", SAMPLE }, { NULL, NULL } };
	struct fake_host *other = fake_host_new(plugin, opts);
	void *instance = NULL;

	(void)state;
	assert_int_equal(plugin->create(fake_host_table(other), &instance, &err), 0);
	plugin->destroy(instance);
	fake_host_free(other);
}

static void create_fails(const char *text, const char *const *faults, size_t n)
{
	const struct fake_option opts[] = { { "file", path }, { NULL, NULL } };
	struct fake_host *other = fake_host_new(plugin, opts);
	struct rent_host table = *fake_host_table(other);
	void *instance = NULL;

	write_file(text);
	said[0] = '\0';
	table.log = hear;
	assert_int_equal(plugin->create(&table, &instance, &err), RENT_EINVAL);
	for (size_t i = 0; i < n; i++) {
		if (strstr(said, faults[i]) == NULL)
			fail_msg("'%s' is not in:\n%s", faults[i], said);
	}
	assert_non_null(strstr(err.text, path));
	fake_host_free(other);
}

static void every_fault_in_one_run_with_its_line(void **state)
{
	static const char text[] =
		"configs:\n"
		"  last_banks_increase: 1,5\n"
		"tariffs:\n"
		"  - {id: city, price_per_hour: 60, free_period_min: -1, deposit: 300}\n"
		"  - {id: city, price_per_hour: 9999999999999, free_period_min: 5, deposit: 1.5}\n"
		"stations:\n"
		"  - {id: s 1, tariff_id: town, slots: 2}\n"
		"  - {id: s2, tarif_id: city, slots: 0}\n"
		"  - just a word\n"
		"  - {id: s3, tariff_id: city, slots: 2, lat: 91, lon: x, disabled: yes}\n"
		"users: none\n"
		"extra: 1\n";
	static const char *const faults[] = {
		":2: configs: 'last_banks_increase' is \"1,5\"",
		":4: tariff: 'free_period_min' is \"-1\", it must be a whole number from 0",
		":5: tariff: 'price_per_hour' is \"9999999999999\"",
		":5: tariff: 'deposit' is \"1.5\"",
		":5: tariff 'city' is there twice, first in line 4",
		":7: station: 'id' is \"s 1\", it must be an id",
		":7: station '?': there is no tariff 'town'",
		":8: station: unknown member 'tarif_id'; it may have id, tariff_id, slots",
		":8: station: 'tariff_id' is missing",
		":8: station: 'slots' is \"0\"",
		":9: station: must have named members",
		":10: station: 'lat' is \"91\", it must be degrees from -90 to 90",
		":10: station: 'lon' is \"x\"",
		":10: station: 'disabled' is \"yes\", it must be true or false",
		":11: 'users' must be a list",
		":12: unknown section 'extra'",
	};
	static const char *const broken[] = { ":2: " };
	static const char *const missing[] = { "section 'configs' is missing",
		                               "section 'tariffs' is missing" };
	static const char *const twice[] = { ":1: station: 'id' is there twice" };

	(void)state;
	create_fails(text, faults, COUNT(faults));
	assert_non_null(strstr(err.text, "16 faults; the first:"));
	create_fails("stations:\n  - {id: [}\n", broken, 1);
	create_fails("stations: []\n", missing, 2);
	create_fails("stations: [{id: a, id: b}]\n", twice, 1);
	create_fails("", NULL, 0);
}

/* ---- the watch */

static struct rent_health health_now(void)
{
	struct rent_health h = { .struct_size = sizeof(h) };

	plugin->health(self, &h);
	return h;
}

static void a_changed_file_is_read_when_it_stands_still(void **state)
{
	(void)state;
	assert_int_equal(plugin->start(self, &err), 0);
	assert_int_equal(health_now().state, RENT_HEALTHY);
	write_file("configs: {last_banks_increase: 2}\ntariffs: []\nstations: []\n");
	fake_host_run_timers(fake);
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_SUCCEEDED);
	fake_host_run_timers(fake);
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_DECLINED);
	assert_int_equal(ask(RENT_CAT_CONFIGS, "").configs.last_banks_increase_ppm,
	                 2000000);
	write_file("configs: {last_banks_increase: 3}\nstations: [\n");
	fake_host_run_timers(fake);
	fake_host_run_timers(fake);
	assert_int_equal(ask(RENT_CAT_CONFIGS, "").configs.last_banks_increase_ppm,
	                 2000000);
	assert_int_equal(health_now().state, RENT_DEGRADED);
	(void)fake_host_complaints(fake);
	fake_host_run_timers(fake);
	assert_int_equal(fake_host_complaints(fake), 0);
	assert_int_equal(unlink(path), 0);
	fake_host_run_timers(fake);
	fake_host_run_timers(fake);
	assert_int_equal(ask(RENT_CAT_CONFIGS, "").configs.last_banks_increase_ppm,
	                 2000000);
	write_file(good);
	fake_host_run_timers(fake);
	fake_host_run_timers(fake);
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_SUCCEEDED);
	assert_int_equal(health_now().state, RENT_HEALTHY);
}

/* ---- the cabinet */

static enum rent_station_state cabinet_state;
static const char *asked;

static int build_snapshot(void *station, const char *cabinet_id, struct rent_arena *a,
                          struct rent_upstream_request *ret, struct rent_error *e)
{
	(void)station;
	(void)a;
	(void)e;
	asked = cabinet_id;
	ret->method = "GET";
	ret->target = "/";
	return 0;
}

static void parse_snapshot(void *station, const char *cabinet_id,
                           const struct rent_upstream_reply *reply,
                           struct rent_station_snapshot *ret)
{
	static const struct rent_station_slot slot = {
		.struct_size = sizeof(slot), .slot = 2, .powerbank_id = "B2", .charge = 70
	};
	static const struct rent_station_slot *const list[] = { &slot };

	(void)station;
	(void)cabinet_id;
	if (reply->status != 200)
		return;
	ret->outcome = RENT_SUCCEEDED;
	ret->state = cabinet_state;
	ret->slots = 3;
	ret->available = 1;
	ret->list = list;
	ret->slot_count = 1;
}

static const struct rent_station station = {
	.struct_size = sizeof(station),
	.build_snapshot = build_snapshot,
	.parse_snapshot = parse_snapshot,
};

static const struct rent_station blind = { .struct_size = sizeof(blind) };

static int status;

static void on_exchange(void *arg, struct rent_exchange *x)
{
	(void)arg;
	x->transport = status == 0 ? RENT_NO_ANSWER : RENT_REPLIED;
	x->reply.status = status;
	x->reply.body = "";
}

static void what_is_in_it_comes_from_the_cabinet(void **state)
{
	struct rent_catalog_result r;

	(void)state;
	fake_host_bind(fake, "station", &station, NULL);
	fake_host_on_exchange(fake, on_exchange, NULL);
	assert_int_equal(plugin->start(self, &err), 0);
	status = 200;
	cabinet_state = RENT_STATION_ONLINE;
	r = ask(RENT_CAT_STATION, "s2");
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	assert_string_equal(asked, "s2");
	assert_int_equal(r.station.slots, 3);
	assert_int_equal(r.station.available, 1);
	assert_non_null(strstr(r.station.json,
	                       "\"slots\":[{\"index\":0,\"empty\":true,\"charge\":0},"
	                       "{\"index\":1,\"empty\":false,\"charge\":70},"
	                       "{\"index\":2,\"empty\":true,\"charge\":0}]}"));
	cabinet_state = RENT_STATION_OFFLINE;
	r = ask(RENT_CAT_STATION, "s2");
	assert_int_equal(r.outcome, RENT_UNKNOWN);
	assert_string_equal(r.note, "cabinet 's2': it is offline");
	status = 500;
	assert_int_equal(ask(RENT_CAT_STATION, "s2").outcome, RENT_UNKNOWN);
	status = 0;
	assert_int_equal(ask(RENT_CAT_STATION, "s2").outcome, RENT_UNKNOWN);
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_SUCCEEDED);
}

/* Each cabinet is asked where it belongs to. */
static void a_station_names_its_vendor(void **state)
{
	struct rent_catalog_result r;

	(void)state;
	write_file(
		"configs: {last_banks_increase: 2}\n"
		"tariffs: [{id: city, price_per_hour: 1, free_period_min: 0, deposit: 0}]\n"
		"stations:\n"
		"  - {id: s2, tariff_id: city, slots: 3, vendor: station_2}\n"
		"  - {id: s3, tariff_id: city, slots: 3, vendor: nobody}\n"
		"  - {id: s4, tariff_id: city, slots: 3}\n");
	fake_host_bind(fake, "station", &blind, NULL);
	fake_host_bind(fake, "station_2", &station, NULL);
	fake_host_on_exchange(fake, on_exchange, NULL);
	assert_int_equal(plugin->start(self, &err), 0);
	fake_host_run_timers(fake);
	fake_host_run_timers(fake);
	status = 200;
	cabinet_state = RENT_STATION_ONLINE;
	r = ask(RENT_CAT_STATION, "s2");
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	assert_string_equal(r.station_instance, "station_2");
	assert_int_equal(r.station.available, 1);
	r = ask(RENT_CAT_STATION, "s3");
	assert_int_equal(r.outcome, RENT_UNKNOWN);
	assert_string_equal(r.note, "station 's3': its vendor 'nobody' is not bound");
	r = ask(RENT_CAT_STATION, "s4");
	assert_string_equal(r.station_instance, "");
	assert_int_equal(r.station.available, 3);
}

static int file_setup(void **state)
{
	const struct fake_option options[] = { { "file", path }, { NULL, NULL } };

	(void)state;
	write_file(good);
	provider_open(options);
	return 0;
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, file_setup, provider_teardown)
	const struct CMUnitTest tests[] = {
		CASE(answers_from_the_file),
		cmocka_unit_test(the_sample_is_right),
		cmocka_unit_test(every_fault_in_one_run_with_its_line),
		CASE(a_changed_file_is_read_when_it_stands_still),
		CASE(what_is_in_it_comes_from_the_cabinet),
		CASE(a_station_names_its_vendor),
	};
	int fd, failed;

	(void)provider_setup;
	(void)reply_of;
	if (argc != 2)
		return 64;
	fd = mkstemp(path);
	if (fd < 0)
		return 1;
	(void)close(fd);
	plugin = fake_host_load(argv[1]);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failed == 0 ? 0 : 1;
}
