/* SPDX-License-Identifier: MIT
 *
 * ride_test.c - `third_party_ride PLUGIN.so SERVER`: rentals through the demo configuration
 * with nothing but the payment instance swapped for a plugin that was built elsewhere, against
 * its own provider; at the end that provider's book must say what ours says, to the unit.
 */
#include "cmocka_all.h"
#include "dbfile.h"
#include "ride.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR  INT64_C(3600)
#define MINOR 100 /* AcmePay counts in hundredths */

static const char *plugin, *server;
static struct deployment deployment;
static struct proc *acme;
static struct client *acme_client;
static char acme_url[64];
static char config[512];

/* The demo configuration with another instance named "payment". */
static void write_config(void)
{
	char *path, *text, *at, *from = NULL, *to, *all;

	assert_true(asprintf(&path, "%s/etc/demo.conf", source_dir()) > 0);
	text = file_read(path);
	assert_non_null(text);
	at = strstr(text, "name = \"payment\"");
	assert_non_null(at);
	for (char *p = strstr(text, "\n\t{\n"); p != NULL && p < at;
	     p = strstr(p + 1, "\n\t{\n"))
		from = p;
	to = strstr(at, "\n\t}");
	if (from == NULL || to == NULL)
		abort();
	*from = '\0';
	assert_true(asprintf(&all,
	                     "%s\n\t{\n\t\tname = \"payment\";\n\t\tplugin = \"%s\";\n"
	                     "\t\toptions = { url = \"%s\"; };%s",
	                     text, plugin, acme_url, to) > 0);
	(void)snprintf(config, sizeof(config), "%s/swapped.conf", deployment.dir);
	file_write(config, all);
	free(all);
	free(text);
	free(path);
}

static bool acme_answers(void *arg)
{
	(void)arg;
	return client_get(acme_client, "/book")->status == 200;
}

static void open_all(const char *const *env)
{
	const char *argv[] = { server, NULL, NULL };
	char port[16];

	(void)snprintf(port, sizeof(port), "%u", port_free());
	(void)snprintf(acme_url, sizeof(acme_url), "http://127.0.0.1:%s", port);
	argv[1] = port;
	deployment_init(&deployment,
	                &(struct deployment_spec){ .env = env, .configs = { config } });
	acme = proc_new(&(struct proc_spec){ .argv = argv, .log = deployment.log });
	assert_non_null(acme);
	acme_client = client_new(acme_url);
	assert_true(wait_until(acme_answers, NULL, 10000));
	write_config();
	node_start(&deployment.nodes[NODE_API], NULL);
}

static int open_quick(void **state)
{
	static const char *const env[] = { "BILLING_TICK=50ms", "DEBT_RETRY_BASE=200ms",
		                           NULL };

	(void)state;
	open_all(env);
	return 0;
}

/* Nothing is charged before the stop. */
static int open_still(void **state)
{
	static const char *const env[] = { "BILLING_TICK=1h", NULL };

	(void)state;
	open_all(env);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	client_free(acme_client);
	if (acme != NULL)
		proc_signal(acme, SIGTERM);
	if (acme != NULL && proc_join(acme, 10000) != 0)
		(void)fprintf(stderr, "acmepay_server did not end well\n");
	proc_free(acme);
	acme = NULL;
	acme_client = NULL;
	deployment_free(&deployment);
	return 0;
}

/* ---- both books */
struct books {
	json_t *acme;       /* client_ref → operation, those that did something */
	int64_t given_back; /* by final captures, as we have it */
	int bad, rows;
};

static const char *word_of(const char *kind)
{
	static const char *const words[][2] = { { "hold", "authorize" },
		                                { "capture", "capture" },
		                                { "release", "void" },
		                                { "charge", "sale" },
		                                { "refund", "refund" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i][0], kind) == 0)
			return words[i][1];
	}
	return "";
}

/* columns: id, kind, processed, ref */
static void compare(void *arg, const char **row)
{
	struct books *b = arg;
	json_t *op = json_object_get(b->acme, row[0]);
	const char *type = json_string_value(json_object_get(op, "type"));
	const char *id = json_string_value(json_object_get(op, "id"));
	const char *ref = row[3] == NULL ? "" : row[3];

	b->rows++;
	/* the rest of a hold that went back with its final capture: nobody was asked */
	if (op == NULL && strcmp(row[1], "release") == 0 && ref[0] == '\0') {
		b->given_back += strtoll(row[2], NULL, 10) * MINOR;
		return;
	}
	if (type == NULL || id == NULL || strcmp(type, word_of(row[1])) != 0 ||
	    strcmp(id, ref) != 0 ||
	    json_integer_value(json_object_get(op, "amount_minor")) !=
	            strtoll(row[2], NULL, 10) * MINOR) {
		char *text = op == NULL ? NULL : json_dumps(op, JSON_COMPACT);

		(void)fprintf(stderr, "ours: %s %s processed %s ref %s; AcmePay: %s\n",
		              row[1], row[0], row[2], ref,
		              text == NULL ? "nothing" : text);
		free(text);
		b->bad++;
	}
	(void)json_object_del(b->acme, row[0]);
}

static void expect_same_books(void)
{
	struct books b = { .acme = json_object() };
	int64_t taken = 0, given_back = 0;
	const json_t *op;
	size_t i;

	json_array_foreach(
		json_object_get(client_get(acme_client, "/book")->json, "operations"), i,
		op)
	{
		const char *type = json_string_value(json_object_get(op, "type"));
		int64_t amount = json_integer_value(json_object_get(op, "amount_minor"));

		if (strcmp(json_string_value(json_object_get(op, "state")), "failed") ==
		    0)
			continue;
		if (strcmp(type, "sale") == 0 || strcmp(type, "capture") == 0)
			taken += amount;
		given_back += json_integer_value(json_object_get(op, "given_back_minor"));
		(void)json_object_set_new(
			b.acme, json_string_value(json_object_get(op, "client_ref")),
			json_deep_copy(op));
	}
	db_each(deployment.db,
	        "SELECT id, kind, processed, ref FROM operations"
	        " WHERE kind <> 'eject' AND state = 'SUCCEEDED'",
	        compare, &b);
	assert_true(b.rows > 0);
	assert_int_equal(json_object_size(b.acme), 0);
	assert_int_equal(b.bad, 0);
	assert_int_equal(b.given_back, given_back);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COALESCE(SUM(amount), 0) FROM payment_attempts"
	                        " WHERE success = 1") *
	                         MINOR,
	                 taken);
	json_decref(b.acme);
}

static void close_books(void)
{
	expect_settled(&deployment, 30000);
	expect_same_books();
	deployment_stop(&deployment);
	expect_audit(&deployment);
}

static void make_due(const struct ride *ride, int64_t amount)
{
	db_exec(deployment.db,
	        "UPDATE rentals SET started_at = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', "
	        "'-%lld seconds') WHERE id = %Q",
	        (long long)(amount * HOUR - HOUR / 2), ride->order_id);
}

struct watch {
	const char *order_id;
	int64_t total;
};

static bool total_is(void *arg)
{
	const struct watch *w = arg;

	return answer_int(ride_status(deployment.api, w->order_id), "total_amount") ==
	       w->total;
}

static void show_row(void *arg, const char **row)
{
	(void)arg;
	(void)fprintf(stderr, "%s %s %s %s tries %s ref %s: %s\n", row[0], row[1], row[2],
	              row[3], row[4], row[5] == NULL ? "" : row[5],
	              row[6] == NULL ? "" : row[6]);
}

static void expect_total(const struct ride *ride, int64_t total)
{
	struct watch w = { ride->order_id, total };

	if (wait_until(total_is, &w, 60000))
		return;
	db_each(deployment.db,
	        "SELECT id, kind, state, amount, tries, ref, note FROM operations",
	        show_row, NULL);
	fail_msg("total_amount must become %lld: %s", (long long)total,
	         ride_status(deployment.api, ride->order_id)->body);
}

/* The station "slow" of the tests' city: an hour costs 1, the deposit is 100. */
static void charges_and_gives_the_deposit_back(void **state)
{
	const struct answer *a;
	struct ride ride, slow, poor;

	(void)state;
	ride_begin(&deployment, "slow", "rider", &ride);
	ride_begin(&deployment, "slow", "slow-rider",
	           &slow); /* everything is processing first */
	ride_begin(&deployment, "slow", "poor-rider", &poor); /* everything is refused */
	make_due(&ride, 40);
	expect_total(&ride, 40);
	make_due(&ride, 70);
	expect_total(&ride, 70);
	a = ride_stop(deployment.api, ride.order_id, "slow");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "total_amount"), 70);
	assert_int_equal(answer_int(a, "deposit_refund"), 100);
	make_due(&slow, 30);
	expect_total(&slow, 30);
	expect_status(ride_stop(deployment.api, slow.order_id, "slow"), 200);
	a = ride_status(deployment.api, poor.order_id);
	assert_int_equal(answer_int(a, "total_amount"), 0);
	expect_status(ride_stop(deployment.api, poor.order_id, "slow"), 200);
	close_books();
}

static void a_final_capture_gives_the_rest_back(void **state)
{
	const struct answer *a;
	struct ride ride;

	(void)state;
	ride_begin(&deployment, "slow", "rider", &ride);
	make_due(&ride, 40);
	a = ride_stop(deployment.api, ride.order_id, "slow");
	expect_status(a, 200);
	assert_int_equal(answer_int(a, "total_amount"), 40);
	assert_int_equal(answer_int(a, "deposit_refund"), 60);
	close_books();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(charges_and_gives_the_deposit_back,
		                                open_quick, close_all),
		cmocka_unit_test_setup_teardown(a_final_capture_gives_the_rest_back,
		                                open_still, close_all),
	};

	if (argc != 3)
		return 64;
	plugin = argv[1];
	server = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
