/* SPDX-License-Identifier: MIT
 *
 * test_operators.c - a person looks after the money, while the server runs: operations in
 * MANUAL are listed and resolved, our book is compared with the provider's.
 */
#include "dbfile.h"
#include "fixture.h"
#include "ride.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A provider that knows no ids and cannot be asked: what gets lost is soon MANUAL. */
static const char *const quick[] = { "BILLING_TICK=50ms", "PAYMENT_BREAKER_RESET=100ms",
	                             NULL };
static const char *const args[] = {
	"--set=instances.payment.options.resend_window=0s",
	"--set=instances.payment.options.lookup=false",
	"--set=instances.payment.options.payment.breaker_failures=100",
	"--set=instances.core.options.manual_after=0s",
	"--set=instances.core.options.start_lease=1s",
	"--set=instances.core.options.resolve_base=100ms",
	"--set=instances.billing.options.recovery_interval=100ms",
	NULL
};

static struct deployment_spec usual = { .env = quick, .args = args, .endless = true };

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A tick of billing may have the rental just now: then it says to try again. */
#define TRIES 100

/* Runs rentald, expects the exit code and each of the words in what it says. */
static void says(int code, const char *const *words, const char *const *want)
{
	char *out = NULL;
	int got = deployment_run(&deployment, words, &out);

	for (int i = 0; code == 0 && got == 69 && i < TRIES; i++) {
		free(out);
		got = deployment_run(&deployment, words, &out);
	}
	if (got != code)
		fail_msg("%s: expected exit code %d, got %d:\n%s", words[0], code, got,
		         out);
	for (; *want != NULL; want++) {
		if (strstr(out, *want) == NULL)
			fail_msg("%s does not say '%s':\n%s", words[0], *want, out);
	}
	free(out);
}

static int64_t manual(void)
{
	return db_int(deployment.db,
	              "SELECT COUNT(*) FROM operations WHERE state = 'MANUAL'");
}

static bool is_manual(void *arg)
{
	return manual() == *(const int *)arg;
}

/* One whose charge of `kind` is in MANUAL; its answer or its request got lost. */
static char *lose(struct ride *ride, const char *what, const char *endpoint)
{
	int one = 1;

	ride_begin(&deployment, "second", "lost", ride);
	expect_status(client_post(deployment.stubs, "/admin/settings",
	                          "{\"endpoint\": \"%s\", \"%s\": 1}", endpoint, what),
	              200);
	ride_age(&deployment, ride->order_id, 100);
	if (!wait_until(is_manual, &one, 30000))
		fail_msg("nothing became MANUAL");
	return db_text(deployment.db, "SELECT id FROM operations WHERE state = 'MANUAL'");
}

static void resolve(int code, const char *id, const char *as, const char *more,
                    const char *word)
{
	char resolve_arg[128], as_arg[64];
	const char *words[] = { resolve_arg, as_arg, "--reason=ticket 7",
		                "--by=anna", more,   NULL };

	(void)snprintf(resolve_arg, sizeof(resolve_arg), "--resolve=%s", id);
	(void)snprintf(as_arg, sizeof(as_arg), "--as=%s", as);
	says(code, words, WORDS(word));
}

static void finish(const struct ride *ride)
{
	ride_end(&deployment, ride, "second");
	expect_settled(&deployment, 30000);
	assert_int_equal(manual(), 0);
	expect_books(&deployment);
	says(0, WORDS("--reconcile=1h", "-q"), WORDS(" 0 breaches"));
	deployment_stop(&deployment);
	expect_audit(&deployment);
}

/* The charge was made and its answer got lost. */
static void it_had_happened(void **state)
{
	struct ride ride;
	const struct answer *a;
	char *id = lose(&ride, "lose_reply_next", "clear-money-for-order");
	char uid[32];
	int64_t amount =
		db_int(deployment.db, "SELECT amount FROM operations WHERE id = %Q", id);

	(void)state;
	(void)snprintf(uid, sizeof(uid), "uid:%u", getuid());
	says(0, WORDS("--list-manual"),
	     WORDS(id, ride.order_id, "user lost", "charge of"));
	says(0, WORDS("--list-manual", "--format=json"),
	     WORDS("\"operation\":\"", "\"user\":\"lost\"", "\"provider\":\"payment\""));
	says(0, WORDS("--audit", "-q"), WORDS("1 operations wait for a person"));
	says(0, WORDS("--reconcile", "-q"), WORDS("is MANUAL; for them it succeeded"));
	resolve(0, id, "succeeded", NULL, "is resolved");
	resolve(64, id, "succeeded", NULL, "it is SUCCEEDED already");
	assert_int_equal(
		db_int(deployment.db,
	               "SELECT COUNT(*) FROM audit_log WHERE action = 'resolve' AND op_id = %Q "
	               "AND claimed_by = 'anna' AND reason = 'ticket 7' AND role = 'operator' "
	               "AND peer = %Q AND length(issuer) > 0",
	               id, uid),
		1);
	says(0, WORDS("list-actions", ride.order_id),
	     WORDS("start of rental", "calls himself anna; because: ticket 7", uid));
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM operation_resolutions WHERE op_id "
	                        "= %Q AND resolved_as = 'SUCCEEDED' AND reason = "
	                        "'ticket 7' AND resolved_by = 'anna'",
	                        id),
	                 1);
	assert_true(db_int(deployment.db,
	                   "SELECT COUNT(*) FROM payment_attempts WHERE rental_id = %Q "
	                   "AND success AND amount = %lld",
	                   ride.order_id, (long long)amount) > 0);
	a = client_get(deployment.api, "/api/v1/rentals/%s/payments", ride.order_id);
	expect_status(a, 200);
	assert_non_null(strstr(a->body, "by hand (anna): ticket 7"));
	says(0, WORDS("--audit", "-q"),
	     WORDS("resolved by anna as SUCCEEDED", "ticket 7"));
	free(id);
	finish(&ride);
}

/* The request got lost; what was to be charged is debt, and collected. */
static void it_had_not(void **state)
{
	struct ride ride;
	char *id = lose(&ride, "lose_request_next", "clear-money-for-order");

	(void)state;
	says(0, WORDS("--reconcile", "-q"), WORDS("their book does not have it"));
	resolve(0, id, "not-executed", NULL, "is resolved");
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM debt_journal WHERE op_id = %Q AND "
	                        "reason = 'a charge in doubt was not made'",
	                        id),
	                 1);
	free(id);
	finish(&ride);
}

/* After the stop: the settlement went on around the doubt, and what comes out of it is given
 * back or becomes debt. */
static void after_the_stop(void **state)
{
	struct ride ride;
	char *id = lose(&ride, "lose_reply_next", "clear-money-for-order");

	(void)state;
	ride_end(&deployment, &ride, "second");
	expect_settled(&deployment, 30000);
	assert_int_equal(manual(), 1);
	resolve(0, id, "succeeded", NULL, "is resolved");
	expect_settled(&deployment, 30000);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT r.final_amount - r.total_amount - "
	                        "COALESCE(d.amount_total, 0) FROM rentals r LEFT JOIN "
	                        "debts d ON d.rental_id = r.id WHERE r.id = %Q",
	                        ride.order_id),
	                 0);
	free(id);
	expect_books(&deployment);
	deployment_stop(&deployment);
	expect_audit(&deployment);
}

/* A hold of which nobody knew, found out after the rental is over: it is released. */
static void a_hold_is_released(void **state)
{
	struct ride ride;
	int one = 1;
	char *id, *rental;

	(void)state;
	expect_status(client_post(deployment.stubs, "/admin/settings",
	                          "{\"endpoint\": \"hold-money-for-order\", "
	                          "\"lose_reply_next\": 1}"),
	              200);
	ride_must_quote(&deployment, "second", "lost", &ride);
	(void)ride_start(deployment.api, ride.key, ride.quote_id);
	assert_true(wait_until(is_manual, &one, 30000));
	id = db_text(deployment.db, "SELECT id FROM operations WHERE state = 'MANUAL'");
	rental = db_text(deployment.db, "SELECT rental_id FROM operations WHERE id = %Q",
	                 id);
	(void)snprintf(ride.order_id, sizeof(ride.order_id), "%s", rental);
	free(rental);
	expect_settled(&deployment, 30000);
	if (db_int(deployment.db,
	           "SELECT COUNT(*) FROM rentals WHERE status = 'ACTIVE'") == 1)
		ride_end(&deployment, &ride, "second");
	expect_settled(&deployment, 30000);
	resolve(0, id, "succeeded", NULL, "goes on with its settlement");
	expect_settled(&deployment, 30000);
	assert_int_equal(db_int(deployment.db,
	                        "SELECT COUNT(*) FROM operations WHERE state = "
	                        "'SUCCEEDED' AND kind IN ('release', "
	                        "'capture') AND target_id = %Q",
	                        id) > 0,
	                 1);
	free(id);
	expect_books(&deployment);
	deployment_stop(&deployment);
	expect_audit(&deployment);
}

/* A lease that nobody gives back. It is taken between two steps of the worker: what a worker that
 * lost its lease has charged meanwhile would wait for a person, too. */
static bool has_taken_the_lease(void *arg)
{
	(void)arg;
	db_exec(deployment.db,
	        "UPDATE rentals SET lease_token = 'x', lease_until = 4000000000000000, "
	        "version = version + 1 WHERE lease_token IS NULL");
	return db_int(deployment.db,
	              "SELECT COUNT(*) FROM rentals WHERE lease_token = 'x'") == 1;
}

static void what_cannot_be(void **state)
{
	struct ride ride;
	char *id = lose(&ride, "lose_reply_next", "clear-money-for-order");
	char *open;

	(void)state;
	resolve(64, "nobody", "succeeded", NULL, "there is no operation");
	resolve(64, id, "perhaps", NULL, "--as=perhaps is not known");
	resolve(64, id, "succeeded", "--amount=1000000", "cannot be");
	resolve(64, id, "succeeded", "--amount=-1", "at least 1");
	resolve(64, id, "declined", "--amount=1", "what succeeded only");
	resolve(64, id, "succeeded", "--expires=2027-01-01T00:00", "only a hold");
	says(64, WORDS("--resolve=x", "--as=declined"), WORDS("needs --reason"));
	says(64, WORDS("--resolve=x", "--as=declined", "--reason= ", "--by=anna"),
	     WORDS("a reason is needed"));
	says(64, WORDS("--audit", "--reason=x"), WORDS("goes with --resolve"));
	says(64, WORDS("--reconcile=soon"), WORDS("is not a beginning"));
	open = db_text(deployment.db, "SELECT id FROM operations WHERE kind = 'hold'");
	resolve(64, open, "declined", NULL, "it is SUCCEEDED already");
	assert_true(wait_until(has_taken_the_lease, NULL, 30000));
	resolve(69, id, "succeeded", NULL, "try again");
	db_exec(deployment.db,
	        "UPDATE rentals SET lease_token = NULL, lease_until = NULL, "
	        "version = version + 1");
	assert_int_equal(manual(), 1);
	assert_int_equal(
		db_int(deployment.db, "SELECT COUNT(*) FROM operation_resolutions"), 0);
	resolve(0, id, "succeeded", NULL, "is resolved");
	free(open);
	free(id);
	finish(&ride);
}

/* ---- the provider's book */

static void expect_difference(const char *code, const char *sql, const char *undo)
{
	char *out = NULL, *line, *rest;
	bool there = false;
	int got;

	db_exec(deployment.db, "%s", sql);
	got = deployment_run(&deployment, WORDS("--reconcile", "-q", "--format=json"),
	                     &out);
	if (got != 70)
		fail_msg("--reconcile: expected 70 for '%s', got %d:\n%s", code, got,
		         out);
	for (rest = out; (line = strsep(&rest, "\n")) != NULL;) {
		json_t *object = line[0] == '{' ? json_loads(line, 0, NULL) : NULL;
		const char *is = json_string_value(json_object_get(object, "code"));

		there |= is != NULL && strcmp(is, code) == 0 &&
		         json_is_string(json_object_get(object, "text")) &&
		         strcmp(json_string_value(json_object_get(object, "invariant")),
		                "I8") == 0;
		json_decref(object);
	}
	if (!there)
		fail_msg("--reconcile does not say '%s'", code);
	free(out);
	db_exec(deployment.db, "%s", undo);
}

/* Planted in the hold: whether anything is captured at the end depends on the ticks before. */
static void differences(void **state)
{
	struct ride ride;

	(void)state;
	ride_begin(&deployment, "second", "u", &ride);
	ride_age(&deployment, ride.order_id, 100);
	ride_end(&deployment, &ride, "second");
	expect_settled(&deployment, 30000);
	says(0, WORDS("--reconcile", "-q"), WORDS(" 0 breaches"));
	expect_difference("kind_differs",
	                  "UPDATE operations SET kind = 'refund' WHERE kind = 'hold'",
	                  "UPDATE operations SET kind = 'hold' WHERE kind = 'refund'");
	expect_difference("amount_differs",
	                  "UPDATE operations SET processed = processed + 1 WHERE kind = "
	                  "'hold'",
	                  "UPDATE operations SET processed = processed - 1 WHERE kind = "
	                  "'hold'");
	expect_difference("state_differs",
	                  "UPDATE operations SET state = 'DECLINED' WHERE kind = 'hold'",
	                  "UPDATE operations SET state = 'SUCCEEDED' WHERE kind = "
	                  "'hold'");
	expect_difference("missing_ours",
	                  "UPDATE operations SET id = id || 'x' WHERE kind = 'hold'",
	                  "UPDATE operations SET id = substr(id, 1, 36)");
	expect_difference("missing_theirs",
	                  "UPDATE operations SET id = substr(id, 1, 35) || 'x' WHERE "
	                  "kind = 'hold'",
	                  "DELETE FROM operations WHERE kind = 'hold'");
	says(78, WORDS("--reconcile", "--set=instances.payment.options.list=false"),
	     WORDS("cannot list its operations"));
}

static void a_provider_that_is_away(void **state)
{
	(void)state;
	deployment_stop(&deployment);
	says(69, WORDS("--reconcile", "-q"), WORDS("payment"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DEPLOYMENT(it_had_happened, usual),
		ON_DEPLOYMENT(it_had_not, usual),
		ON_DEPLOYMENT(after_the_stop, usual),
		ON_DEPLOYMENT(a_hold_is_released, usual),
		ON_DEPLOYMENT(what_cannot_be, usual),
		ON_DEPLOYMENT(differences, usual),
		ON_DEPLOYMENT(a_provider_that_is_away, usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
