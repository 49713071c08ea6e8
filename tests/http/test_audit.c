/* SPDX-License-Identifier: MIT
 *
 * test_audit.c - every kind of breach, planted in a database by SQL: `rentald --audit` names
 * the rental, the invariant and what to do. And a system under load, in which nothing is wrong
 * and much in motion: the audit says so, again and again.
 */
#include "cmocka_all.h"
#include "crowd.h"
#include "dbfile.h"
#include "ride.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct deployment deployment;

static const char *const quick[] = { "BILLING_TICK=50ms", NULL };
static const char *const args[] = {
	"--set=instances.core.options.resolve_base=100ms",
	"--set=instances.billing.options.recovery_interval=100ms",
	"--set=instances.billing.options.audit_interval=300ms",
	"--set=instances.billing.options.housekeeping_interval=100ms",
	"--set=instances.core.options.seal_interval=1ms",
	NULL
};

static int open_deployment(void **state)
{
	(void)state;
	deployment_open(
		&deployment,
		&(struct deployment_spec){ .env = quick, .args = args, .endless = true });
	return 0;
}

static int open_two_workers(void **state)
{
	(void)state;
	deployment_open(&deployment, &(struct deployment_spec){ .split = true,
	                                                        .env = quick,
	                                                        .args = args,
	                                                        .endless = true });
	node_start(&deployment.nodes[NODE_WORKER2], NULL);
	return 0;
}

static int free_deployment(void **state)
{
	(void)state;
	deployment_free(&deployment);
	return 0;
}

/* ---- plants: %Q is the rental's id, the second one that of a bystander */

static const struct plant {
	const char *code, *invariant;
	bool active; /* of a rental that still runs */
	const char *sql[3];
} plants[] = {
	{ "total_amount",
	  "I1",
	  false,
	  { "UPDATE rentals SET total_amount = total_amount + 1 WHERE id = %Q" } },
	{ "payment_attempts",
	  "I1",
	  false,
	  { "DELETE FROM payment_attempts WHERE rental_id = %Q" } },
	{ "journal_unnamed",
	  "I1",
	  false,
	  { "UPDATE schema_migrations SET applied_at = '2020-01-01 00:00:00.000000'",
	    "INSERT INTO debt_journal (rental_id, delta, amount_after, reason) "
	    "VALUES (%Q, 0, 0, 'planted')" } },
	{ "settled_sum",
	  "I2",
	  false,
	  { "UPDATE rentals SET final_amount = final_amount + 7 WHERE id = %Q" } },
	{ "above_due",
	  "I2",
	  true,
	  { "UPDATE rentals SET started_at = (SELECT MAX(created_at) FROM quotes) "
	    "WHERE id = %Q" } },
	{ "charges_in_flight",
	  "I3",
	  true,
	  { "DROP INDEX operations_one_take",
	    "INSERT INTO operations (id, rental_id, kind, purpose, amount, created_at) "
	    "VALUES ('planted-1', %Q, 'charge', 'accrual', 1, 1)",
	    "INSERT INTO operations (id, rental_id, kind, purpose, amount, created_at) "
	    "VALUES ('planted-2', %Q, 'charge', 'accrual', 1, 1)" } },
	{ "resolved_otherwise",
	  "I3",
	  false,
	  { "INSERT INTO operation_resolutions (op_id, rental_id, resolved_as, amount, "
	    "reason, resolved_by, created_at) SELECT id, rental_id, 'DECLINED', 0, "
	    "'because', 'somebody', 1 FROM operations WHERE rental_id = %Q "
	    "AND kind = 'hold'" } },
	{ "quote_shared",
	  "I4",
	  false,
	  { "DROP INDEX rentals_quote",
	    "UPDATE rentals SET quote_id = (SELECT quote_id FROM rentals WHERE id = %Q) "
	    "WHERE id = %Q" } },
	{ "keys",
	  "I4",
	  false,
	  { "UPDATE idempotency_keys SET rental_id = %Q WHERE rental_id = %Q" } },
	{ "ejects",
	  "I4",
	  false,
	  { "DROP INDEX operations_start",
	    "INSERT INTO operations (id, rental_id, kind, purpose, state, amount, "
	    "created_at) VALUES ('planted-3', %Q, 'eject', 'start', 'SUCCEEDED', 0, 1)" } },
	{ "no_eject",
	  "I4",
	  true,
	  { "UPDATE operations SET state = 'DECLINED' WHERE kind = 'eject' "
	    "AND rental_id = %Q" } },
	{ "powerbank_shared",
	  "I4",
	  true,
	  { "DROP INDEX rentals_powerbank",
	    "UPDATE rentals SET powerbank_id = (SELECT MAX(powerbank_id) FROM rentals "
	    "WHERE status = 'ACTIVE' AND id <> %Q) WHERE id = %Q" } },
	{ "hold_exceeded",
	  "I5",
	  false,
	  { "UPDATE operations SET processed = processed + 1 "
	    "WHERE kind IN ('capture', 'release') AND rental_id = %Q" } },
	{ "hold_kept",
	  "I5",
	  false,
	  { "UPDATE operations SET used = 0 WHERE kind = 'hold' AND rental_id = %Q" } },
	{ "hold_use",
	  "I5",
	  false,
	  { "UPDATE operations SET used = used - 1 WHERE kind = 'hold' "
	    "AND rental_id = %Q" } },
	{ "refunds",
	  "I6",
	  false,
	  { "INSERT INTO operations (id, rental_id, kind, purpose, state, amount, "
	    "processed, created_at) VALUES ('planted-4', %Q, 'refund', 'settle', "
	    "'SUCCEEDED', 1000000, 1000000, 1)" } },
	{ "broken_row",
	  NULL,
	  false,
	  { "UPDATE rentals SET status = 'ACTIVE', powerbank_id = 'planted' "
	    "WHERE id = %Q" } },
	{ "not_scheduled",
	  "I7",
	  false,
	  { "UPDATE rentals SET settlement = 'PENDING', work_at = NULL WHERE id = %Q" } },
	{ "stuck",
	  "I7",
	  false,
	  { "UPDATE rentals SET settlement = 'PENDING', work_at = 1 WHERE id = %Q" } },
};

#define PLANTS (sizeof(plants) / sizeof(plants[0]))

static void plant(const struct plant *p, const char *id, const char *bystander)
{
	for (size_t i = 0; i < 3 && p->sql[i] != NULL; i++) {
		bool first_is_bystander = strstr(p->sql[i], "(SELECT quote_id") != NULL;

		db_exec(deployment.db, p->sql[i], first_is_bystander ? bystander : id,
		        strstr(p->sql[i], "WHERE rental_id = %Q") != NULL &&
		                        strstr(p->sql[i], "SET rental_id") != NULL
		                ? bystander
		                : id);
	}
}

/* Whoever plants something in a record has to take its guard away first. */
static void unguard_attempts(void)
{
	if (db_is_postgres(deployment.db)) {
		db_exec(deployment.db,
		        "DROP TRIGGER payment_attempts_append_only ON payment_attempts");
		return;
	}
	db_exec(deployment.db, "DROP TRIGGER payment_attempts_no_delete");
	db_exec(deployment.db, "DROP TRIGGER payment_attempts_no_update");
	db_exec(deployment.db, "DROP TRIGGER payment_attempts_number");
}

/* ---- what the audit says */

static char *audit(int code, const char *format)
{
	const char *words[] = { "--audit", "-q", format, NULL };
	char *out = NULL;
	int got = deployment_run(&deployment, words, &out);

	if (got != code)
		fail_msg("--audit: expected exit code %d, got %d:\n%s", code, got, out);
	return out;
}

/* The lines that are JSON objects, in an array. */
static json_t *lines_of(char *out)
{
	json_t *lines = json_array();
	char *rest = out, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		json_t *object = line[0] == '{' ? json_loads(line, 0, NULL) : NULL;

		if (line[0] == '{' && object == NULL)
			fail_msg("not JSON: %s", line);
		if (object != NULL)
			(void)json_array_append_new(lines, object);
	}
	return lines;
}

static const char *word(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s == NULL ? "" : s;
}

static const json_t *find(const json_t *lines, const char *code, const char *rental)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		if (strcmp(word(line, "code"), code) == 0 &&
		    strcmp(word(line, "rental"), rental) == 0)
			return line;
	}
	return NULL;
}

/* The names of docs/reference/audit.md, each of its type. */
static void expect_schema(const json_t *line)
{
	static const struct {
		const char *name;
		bool number, must;
	} members[] = {
		{ "instance", false, true },   { "code", false, true },
		{ "rental", false, true },     { "text", false, true },
		{ "advice", false, true },     { "since", false, true },
		{ "invariant", false, false }, { "operation", false, false },
		{ "user", false, false },      { "expected", true, false },
		{ "found", true, false },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *m = json_object_get(line, members[i].name);
		bool typed = members[i].number ? json_is_integer(m) : json_is_string(m);

		if (!typed && (members[i].must || !json_is_null(m)))
			fail_msg("'%s' is missing or of another type", members[i].name);
	}
	assert_string_equal(word(line, "type"), "breach");
}

/* Runs a rental for half an hour, so that something was charged, and ends it unless told. */
static void live(struct ride *ride, bool active)
{
	ride_begin(&deployment, "second", "planted-user", ride);
	ride_age(&deployment, ride->order_id, 1800);
	if (!active)
		ride_end(&deployment, ride, "second");
}

static bool is_charged(void *arg)
{
	return db_int(deployment.db,
	              "SELECT COUNT(*) FROM rentals WHERE total_amount = 0") ==
	       *(const int *)arg;
}

/* Money charged before the database's clock was set back and the rental ended: the
 * settlement gives it back, unless the settlement itself took it. */
static void expect_above_due(const char *id, bool named)
{
	char *out = audit(70, "--format=json");
	json_t *lines = lines_of(out);

	assert_true((find(lines, "above_due", id) != NULL) == named);
	json_decref(lines);
	free(out);
}

static void charged_before_the_clock_went_back(const char *id)
{
	db_exec(deployment.db,
	        "UPDATE rentals SET status = 'FINISHED', settlement = 'PENDING', "
	        "finished_at = started_at, final_amount = 0 WHERE id = %Q",
	        id);
	expect_above_due(id, false);
	db_exec(deployment.db,
	        "UPDATE operations SET purpose = 'settle' WHERE kind = 'charge' "
	        "AND rental_id = %Q",
	        id);
	expect_above_due(id, true);
}

static void each_breach_is_named(void **state)
{
	struct ride rides[PLANTS], bystander, set_back;
	int none = 0;
	char *out;
	json_t *lines;

	(void)state;
	live(&bystander, false);
	live(&set_back, true);
	for (size_t i = 0; i < PLANTS; i++)
		live(&rides[i], plants[i].active);
	if (!wait_until(is_charged, &none, 30000))
		fail_msg("not every rental was charged");
	/* No running process causes the breaches that follow. */
	deployment_stop(&deployment);
	free(audit(0, "--format=text"));
	unguard_attempts();
	for (size_t i = 0; i < PLANTS; i++)
		plant(&plants[i], rides[i].order_id, bystander.order_id);
	out = audit(70, "--format=json");
	lines = lines_of(out);
	for (size_t i = 0; i < PLANTS; i++) {
		const json_t *line = find(lines, plants[i].code, rides[i].order_id);

		if (line == NULL)
			fail_msg("'%s' of rental %s is not named", plants[i].code,
			         rides[i].order_id);
		expect_schema(line);
		assert_string_equal(word(line, "invariant"),
		                    plants[i].invariant == NULL ? ""
		                                                : plants[i].invariant);
		assert_true(strlen(word(line, "advice")) > 10);
	}
	json_decref(lines);
	free(out);
	out = audit(70, "--format=text");
	for (size_t i = 0; i < PLANTS; i++)
		assert_non_null(strstr(out, rides[i].order_id));
	free(out);
	charged_before_the_clock_went_back(set_back.order_id);
}

static void a_database_that_is_away(void **state)
{
	const char *words[] = { "--audit", "-q",
		                "--set=instances.main.options.path=/nowhere/at/all.db",
		                NULL };
	char *out = NULL;

	(void)state;
	if (db_is_postgres(deployment.db))
		words[2] = "--set=instances.database.options.dsn=host=127.0.0.1 port=1";
	deployment_stop(&deployment);
	assert_int_equal(deployment_run(&deployment, words, &out), 69);
	free(out);
}

/* ---- the metric */

/* The value of the line that begins with the name and has the label; -1: there is none. */
static int64_t metric(const char *name, const char *label)
{
	struct client *c = deployment.nodes[NODE_WORKER].proc != NULL
	                           ? deployment.nodes[NODE_WORKER].client
	                           : deployment.api;
	const struct answer *a = client_get(c, "/metrics");
	const char *at = a->body;

	for (; at != NULL; at = strchr(at, '\n')) {
		const char *end;

		at += at != a->body;
		end = strchrnul(at, ' ');
		if (strncmp(at, name, strlen(name)) == 0 &&
		    memmem(at, (size_t)(end - at), label, strlen(label)) != NULL)
			return strtoll(end, NULL, 10);
	}
	return -1;
}

static bool i1_is(void *arg)
{
	return metric("rental_system_audit_breaches_current{", "invariant=\"I1\"") ==
	       *(const int *)arg;
}

static void the_worker_shows_it(void **state)
{
	int none = 0, one = 1;
	struct ride ride;

	(void)state;
	live(&ride, false);
	expect_settled(&deployment, 30000);
	assert_true(wait_until(i1_is, &none, 30000));
	assert_true(metric("rental_system_audit_last_run_timestamp_seconds{", "service") >
	            1700000000);
	db_exec(deployment.db, "UPDATE rentals SET total_amount = total_amount + 1");
	assert_true(wait_until(i1_is, &one, 30000));
	db_exec(deployment.db, "UPDATE rentals SET total_amount = total_amount - 1");
	assert_true(wait_until(i1_is, &none, 30000));
	deployment_stop(&deployment);
	expect_audit(&deployment);
}

/* ---- in motion */

#define CUSTOMERS 6
#define AUDITS    20

static atomic_bool enough;

struct customer {
	int number, rides;
};

/* Rents and gives back, without a pause. */
static void customer(void *item)
{
	struct customer *me = item;
	struct client *c = client_new(deployment.nodes[NODE_API].url);
	char user[32], key[129], quote[65], order[65];

	(void)snprintf(user, sizeof(user), "customer-%d", me->number);
	while (!atomic_load(&enough)) {
		const struct answer *a = ride_quote(c, "second", user);

		if (a->status != 200)
			continue;
		(void)snprintf(quote, sizeof(quote), "%s", answer_str(a, "quote_id"));
		ride_key(key);
		a = ride_start(c, key, quote);
		if (a->status != 200)
			continue;
		(void)snprintf(order, sizeof(order), "%s", answer_str(a, "order_id"));
		(void)ride_stop(c, order, "second");
		me->rides++;
	}
	client_free(c);
}

static void clean_while_it_runs(void **state)
{
	struct customer customers[CUSTOMERS];
	struct crowd *crowd;
	struct ride old[3];
	int rides = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		ride_begin(&deployment, "second", "rider", &old[i]);
		ride_age(&deployment, old[i].order_id, 1800);
	}
	for (int i = 0; i < CUSTOMERS; i++)
		customers[i] = (struct customer){ .number = i };
	atomic_store(&enough, false);
	crowd = crowd_start(CUSTOMERS, customer, customers, sizeof(customers[0]));
	for (int i = 0; i < AUDITS; i++) {
		/* Something becomes due, whenever the workers come by. */
		ride_age(&deployment, old[i % 3].order_id, 60);
		free(audit(0, "--format=text"));
	}
	atomic_store(&enough, true);
	crowd_join(crowd);
	for (int i = 0; i < CUSTOMERS; i++)
		rides += customers[i].rides;
	print_message("%d audits beside %d rides\n", AUDITS, rides);
	assert_true(rides > 0);
	for (int i = 0; i < 3; i++)
		ride_end(&deployment, &old[i], "second");
	expect_settled(&deployment, 30000);
	node_end(&deployment.nodes[NODE_WORKER2]);
	deployment_stop(&deployment);
	expect_audit(&deployment);
}

#define TEST(name, open) cmocka_unit_test_setup_teardown(name, open, free_deployment)

/* ---- the seals */

static bool is_sealed(void *arg)
{
	(void)arg;
	return db_int(deployment.db, "SELECT MAX(id) FROM payment_attempts") <=
	       db_int(deployment.db,
	              "SELECT COALESCE(MAX(upto_id), 0) FROM seals WHERE book = "
	              "'payment_attempts'");
}

static void expect_misfit(const char *rental, const char *text)
{
	char *out = audit(70, "--format=json");
	json_t *lines = lines_of(out);
	const json_t *line = find(lines, "sealed_line", rental);

	if (line == NULL || strstr(word(line, "text"), text) == NULL)
		fail_msg("no sealed_line with '%s' in %s", text,
		         json_dumps(lines, JSON_COMPACT));
	if (rental[0] != '\0')
		expect_schema(line);
	json_decref(lines);
	free(out);
}

#define SQL(...) db_exec(deployment.db, __VA_ARGS__)

/* Whoever may do everything in the database changes, adds or removes a line: the audit names it. */
static void what_is_sealed_stays(void **state)
{
	struct ride ride;
	int none = 0;
	char text[128];
	long long id;

	(void)state;
	live(&ride, false);
	live(&ride, false);
	if (!wait_until(is_charged, &none, 30000) || !wait_until(is_sealed, NULL, 30000))
		fail_msg("the books were not sealed");
	deployment_stop(&deployment);
	free(audit(0, "--format=text"));
	unguard_attempts();
	id = db_int(deployment.db,
	            "SELECT MIN(id) FROM payment_attempts WHERE rental_id = %Q",
	            ride.order_id);
	(void)snprintf(text, sizeof(text), "line %lld is not as it was sealed", id);
	SQL("UPDATE payment_attempts SET error = 'planted' WHERE id = %lld", id);
	expect_misfit(ride.order_id, text);
	SQL("UPDATE payment_attempts SET error = NULL WHERE id = %lld", id);
	free(audit(0, "--format=text"));
	SQL("INSERT INTO payment_attempts (id, rental_id, amount, success) "
	    "SELECT 0, rental_id, 0, success FROM payment_attempts WHERE id = %lld",
	    id);
	expect_misfit(ride.order_id, "line 0 was not there when it was sealed");
	SQL("DELETE FROM payment_attempts WHERE id = 0");
	free(audit(0, "--format=text"));
	(void)snprintf(text, sizeof(text), "a line behind %lld is gone", id - 1);
	SQL("DELETE FROM payment_attempts WHERE id = %lld", id);
	expect_misfit("", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_breach_is_named, open_deployment),
		TEST(a_database_that_is_away, open_deployment),
		TEST(what_is_sealed_stays, open_deployment),
		TEST(the_worker_shows_it, open_deployment),
		TEST(clean_while_it_runs, open_two_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
