/* SPDX-License-Identifier: MIT
 *
 * test_cli.c - the command line as an operator meets it, with the shipped configurations: exit
 * codes, what is said, what is left alone.
 */
#include "cmocka_all.h"
#include "dbfile.h"
#include "ride.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct deployment deployment;

/* Every configuration of etc/; what they include is no configuration by itself. */
static glob_t shipped;

static int find_shipped(void **state)
{
	char *pattern = NULL;

	(void)state;
	/* keys, passwords and addresses of services have no default */
	assert_int_equal(setenv("STRIPE_KEY", "sk_test_00000000", 1), 0);
	assert_int_equal(setenv("YOOKASSA_SHOP", "1", 1), 0);
	assert_int_equal(setenv("YOOKASSA_KEY", "test_00000000", 1), 0);
	assert_int_equal(setenv("YOOKASSA_METHOD", "pm-1", 1), 0);
	assert_int_equal(setenv("CHARGENOW_USER", "u", 1), 0);
	assert_int_equal(setenv("CHARGENOW_PASSWORD", "p", 1), 0);
	assert_int_equal(setenv("SERVICES_URL", "http://127.0.0.1:9", 1), 0);
	assert_true(asprintf(&pattern, "%s/etc/*.conf", source_dir()) > 0);
	assert_int_equal(glob(pattern, 0, NULL, &shipped), 0);
	assert_true(shipped.gl_pathc >= 5);
	free(pattern);
	return 0;
}

static int forget_shipped(void **state)
{
	(void)state;
	globfree(&shipped);
	return 0;
}

static int init_deployment(void **state)
{
	(void)state;
	deployment_init(&deployment, &(struct deployment_spec){ 0 });
	return 0;
}

static int free_deployment(void **state)
{
	(void)state;
	deployment.stopped = true; /* most tests start nothing: no log to show */
	deployment_free(&deployment);
	return 0;
}

/* Runs with one or two arguments and expects the exit code; the output is to be freed. */
static char *run_in(struct deployment *d, int code, const char *one, const char *two)
{
	const char *args[] = { one, two, NULL };
	char *out = NULL;
	int got = deployment_run(d, args, &out);

	if (got != code)
		fail_msg("%s %s: expected exit code %d, got %d:\n%s", one, two ? two : "",
		         code, got, out);
	return out;
}

static char *run(int code, const char *one, const char *two)
{
	return run_in(&deployment, code, one, two);
}

static void run_only(int code, const char *one, const char *two)
{
	free(run(code, one, two));
}

/* … and to say each of these. */
static void run_says(int code, const char *one, const char *two, const char *const *words)
{
	char *out = run(code, one, two);

	for (; *words != NULL; words++) {
		if (strstr(out, *words) == NULL)
			fail_msg("%s %s does not say '%s':\n%s", one, two ? two : "",
			         *words, out);
	}
	free(out);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void check_shipped(void **state)
{
	char option[512];

	(void)state;
	for (size_t i = 0; i < shipped.gl_pathc; i++) {
		(void)snprintf(option, sizeof(option), "--config=%s",
		               shipped.gl_pathv[i]);
		run_only(0, option, "--check-config");
	}
	assert_false(db_is_made(deployment.db)); /* it wrote nothing */
}

/* Cuts the origins off: " # …" at the ends of lines. */
static void cut_origins(char *text)
{
	char *out = text;

	for (char *at = text; *at != '\0'; at++) {
		if (strncmp(at, " # ", 3) == 0)
			at += strcspn(at, "\n");
		*out++ = *at;
	}
	*out = '\0';
}

/* A dump loads again, and its dump is the same. */
static void dump_loads_again(void **state)
{
	char option[512], copy[512], again[600];

	(void)state;
	(void)snprintf(copy, sizeof(copy), "%s/dump.conf", deployment.dir);
	(void)snprintf(again, sizeof(again), "--config=%s", copy);
	for (size_t i = 0; i < shipped.gl_pathc; i++) {
		char *first, *second;

		(void)snprintf(option, sizeof(option), "--config=%s",
		               shipped.gl_pathv[i]);
		first = run(0, option, "--dump-config");
		assert_non_null(strstr(first, "instances"));
		/* A secret is eight asterisks in a dump, and this one must be longer. */
		if (strstr(first, "callback_key = \"********\"") != NULL) {
			free(first);
			continue;
		}
		file_write(copy, first);
		run_only(0, again, "--check-config");
		second = run(0, again, "--dump-config");
		cut_origins(first);
		cut_origins(second);
		assert_string_equal(first, second);
		free(first);
		free(second);
	}
}

static void lists(void **state)
{
	(void)state;
	run_says(0, "--list-plugins", NULL,
	         WORDS("rental_core", "http_api", "billing", "storage_sqlite",
	               "payment_http", "stubs"));
	run_says(0, "--list-options=billing", NULL, WORDS("tick", "30s"));
	run_says(0, "--list-options=rental_core", NULL,
	         WORDS("quote_ttl", "r_buyout", "5000", "deposit_policy", "refuse",
	               "low_stock_threshold", "trusted_deposit_percent",
	               "debt_retry_max"));
	run_says(0, "-V", NULL, WORDS("rentald", "0.1.0"));
	run_says(0, "-VV", NULL, WORDS("libmicrohttpd", "libcurl"));
	run_says(0, "-h", NULL, WORDS("--check-config", "--audit"));
}

static void mistakes(void **state)
{
	static const char *const no_origins[] = {
		"http://a/",       "http://",      "://a",
		"HTTP://a",        "http://a:",    "http://a:1x",
		"http://[::1",     "http://[]:80", "null",
		"http://a:123456", "a:80",         "http://[g]:1",
		"http://a b",      "*.a",
	};
	char *out;

	(void)state;
	out = run(64, "--chek-config", NULL);
	assert_non_null(strstr(out, "--check-config"));
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1); /* one line */
	free(out);
	run_says(78, "--set=instances.core.options.r_buyuot=1", "--check-config",
	         WORDS("r_buyuot", "r_buyout"));
	run_says(78, "--set=instances.billing.options.tick=1ns", "--check-config",
	         WORDS("tick"));
	run_says(78, "--set=instances.billing.options.tick=1ms", "--check-config",
	         WORDS("tick", "10ms"));
	/* The station of this deployment cannot look into cabinets. */
	run_says(78, "--set=instances.core.options.stop=verified", "--check-config",
	         WORDS("verified", "cannot look into cabinets", "trusted"));
	run_says(64, "--set=foo", "--check-config", WORDS("--set=PATH=VALUE"));
	run_says(64, "--set==5", "--check-config", WORDS("--set=PATH=VALUE"));
	run_says(78, "--set=listeners.api.static=/nope", "--check-config",
	         WORDS("listeners.api.static", "/nope", "No such file"));
	run_says(78, "--set=listeners.api.cors=[ \"http://a\", \"http://b\" ]",
	         "--check-config", WORDS("cors", "a,b"));
	run_says(78, "--set=listeners.api.cors=http://a,garbage", "--check-config",
	         WORDS("cors", "'garbage' is no origin", "https://a.example"));
	for (size_t i = 0; i < sizeof(no_origins) / sizeof(no_origins[0]); i++) {
		char option[80];

		(void)snprintf(option, sizeof(option), "--set=listeners.api.cors=%s",
		               no_origins[i]);
		run_says(78, option, "--check-config",
		         WORDS(no_origins[i], "is no origin"));
	}
	run_only(0, "--set=listeners.api.cors=http://a,app+x://b,https://[::1]:8443,*",
	         "--check-config");
	out = run(78, "--config=/no/such/file.conf", "--check-config");
	assert_non_null(strstr(out, "/no/such/file.conf"));
	free(out);
}

/* All mistakes of a file in one run, each with its place and the line quoted. */
static void many_mistakes(void **state)
{
	static const char text[] =
		"service = \"x\";\n"
		"listeners = ( { name = \"api\"; listen = \"127.0.0.1:0\"; routs = [ \"api\" ]; } );\n"
		"instances = (\n"
		"  { name = \"main\"; plugin = \"storage_sqlite\"; options = { durability = "
		"\"fulll\"; }; },\n"
		"  { name = \"core\"; plugin = \"rental_core\"; uses = { storage = \"mian\"; }; }\n"
		");\n";
	char path[512], option[600];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/bad.conf", deployment.dir);
	(void)snprintf(option, sizeof(option), "--config=%s", path);
	file_write(path, text);
	run_says(78, option, "--check-config",
	         WORDS("bad.conf:2:", "routs", "did you mean \"routes\"", "bad.conf:4:",
	               "fulll", "bad.conf:5:", "mian", "did you mean \"main\"", "^"));
}

static void migrate(void **state)
{
	(void)state;
	run_only(0, "--migrate=dry-run", NULL);
	run_only(0, "--migrate", NULL);
	assert_true(db_is_made(deployment.db));
	assert_true(db_int(deployment.db, "SELECT COUNT(*) FROM schema_migrations") > 0);
	run_only(0, "--migrate", NULL); /* nothing to do */
	run_only(0, "--audit", NULL);
	/* a newer schema than the binary's is refused */
	db_exec(deployment.db,
	        "INSERT INTO schema_migrations (version, name, checksum, applied_at) "
	        "VALUES (9999, 'future', 'x', %s)",
	        db_before(deployment.db, "now", 0));
	run_says(70, "--migrate", NULL, WORDS("9999"));
}

/* The audit finds money that no operation explains. */
static void audit_breach(void **state)
{
	struct ride ride;
	char *out;

	(void)state;
	node_start(&deployment.nodes[NODE_API], NULL);
	ride_begin(&deployment, "second", "u", &ride);
	ride_end(&deployment, &ride, "second");
	expect_settled(&deployment, 10000);
	deployment_stop(&deployment);
	expect_audit(&deployment);
	db_exec(deployment.db, "UPDATE rentals SET total_amount = total_amount + 1");
	out = run(70, "--audit", NULL);
	assert_non_null(strstr(out, ride.order_id));
	free(out);
	out = run(70, "--audit", "--format=json");
	assert_non_null(strchr(out, '{'));
	free(out);
}

/* Said, lest silence be taken for a clean book. */
static void audit_of_nothing(void **state)
{
	char option[512];

	(void)state;
	(void)snprintf(option, sizeof(option), "--config=%s/etc/external-stubs.conf",
	               source_dir());
	run_says(0, option, "--audit", WORDS("external-stubs.conf: nothing to audit"));
}

static void health(void **state)
{
	char *out;

	(void)state;
	out = run(1, "--health", NULL);
	free(out);
	node_start(&deployment.nodes[NODE_API], NULL);
	run_only(0, "--health", NULL);
	deployment_stop(&deployment);
}

/* The API alone: no database yet, then one. */
static void check_connections(void **state)
{
	struct deployment split;
	char *out;

	(void)state;
	deployment_init(&split, &(struct deployment_spec){ .split = true });
	node_start(&split.nodes[NODE_STUBS], NULL);
	out = run_in(&split, 69, "--check-connections", NULL);
	if (!variant_chosen()->postgres)
		assert_non_null(strstr(out, "the first start, or --migrate, makes it"));
	free(out);
	free(run_in(&split, 0, "--migrate", NULL));
	free(run_in(&split, 0, "--check-connections", NULL));
	deployment_stop(&split); /* the database is there, the providers are not */
	out = run_in(&split, 69, "--check-connections", NULL);
	assert_non_null(strstr(out, "payment: upstream"));
	free(out);
	deployment_free(&split);
}

/* No database where it should be: said with what to do. */
static void no_database(void **state)
{
	static const char *const nowhere[] = {
		"DATABASE_URL=postgresql://u:secret@127.0.0.1:1/x", NULL
	};
	static const char *const modes[] = { "-q", "--migrate", "--audit",
		                             "--check-connections" };

	(void)state;
	deployment.spec.env = nowhere;
	run_only(0, "--check-config", NULL);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		char *out = run(69, modes[i], NULL);

		if (strstr(out, "DATABASE_URL") == NULL ||
		    strstr(out, "127.0.0.1") == NULL || strstr(out, "secret") != NULL)
			fail_msg("%s says: %s", modes[i], out);
		free(out);
	}
}

/* A port that is taken: said with its number, no traces. */
static void port_taken(void **state)
{
	struct deployment other;
	char *out = NULL;
	int code;

	(void)state;
	node_start(&deployment.nodes[NODE_API], NULL);
	deployment_init(&other, &(struct deployment_spec){ 0 });
	memcpy(other.nodes[NODE_API].url, deployment.nodes[NODE_API].url,
	       sizeof(other.nodes[NODE_API].url));
	code = deployment_run(&other, (const char *const[]){ "-q", NULL }, &out);
	assert_in_range(code, 64, 78);
	assert_non_null(strstr(out, deployment.nodes[NODE_API].url + 7));
	free(out);
	other.stopped = true;
	deployment_free(&other);
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 200);
	deployment_stop(&deployment);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, init_deployment, free_deployment)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(check_shipped),     TEST(dump_loads_again), TEST(lists),
		TEST(mistakes),          TEST(many_mistakes),    TEST(migrate),
		TEST(audit_breach),      TEST(audit_of_nothing), TEST(health),
		TEST(check_connections), TEST(port_taken),
	};

	/* Cases without the database run once. */
	const struct CMUnitTest storage[] = {
		TEST(check_shipped), TEST(migrate),     TEST(audit_breach),
		TEST(health),        TEST(no_database), TEST(check_connections),
	};

	if (variant_chosen()->postgres)
		return cmocka_run_group_tests_name("cli", storage, find_shipped,
		                                   forget_shipped);
	return cmocka_run_group_tests_name("cli", tests, find_shipped, forget_shipped);
}
