/* SPDX-License-Identifier: MIT
 *
 * ride.c - the customer's and the control side's calls of ride.h.
 */
#include "ride.h"

#include "cmocka_all.h"
#include "dbfile.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void ride_key(char out[129])
{
	static atomic_uint next;

	(void)snprintf(out, 129, "key-%d-%lld-%u", (int)getpid(), (long long)now_ms(),
	               atomic_fetch_add(&next, 1));
}

const struct answer *ride_quote(struct client *c, const char *station, const char *user)
{
	return client_post(c, "/api/v1/rentals/quote",
	                   "{\"station_id\": \"%s\", \"user_id\": \"%s\"}", station,
	                   user);
}

const struct answer *ride_start(struct client *c, const char *key, const char *quote_id)
{
	const char *headers[] = { NULL, NULL };
	char header[192], body[128];

	(void)snprintf(header, sizeof(header), "Idempotency-Key: %s", key);
	(void)snprintf(body, sizeof(body), "{\"quote_id\": \"%s\"}", quote_id);
	headers[0] = header;
	return client_call(c, "POST", "/api/v1/rentals/start", headers, body);
}

const struct answer *ride_status(struct client *c, const char *order_id)
{
	return client_get(c, "/api/v1/rentals/%s/status", order_id);
}

const struct answer *ride_stop(struct client *c, const char *order_id,
                               const char *station)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/api/v1/rentals/%s/stop", order_id);
	return client_post(c, path, "{\"station_id\": \"%s\"}", station);
}

void expect_status(const struct answer *a, long status)
{
	if (a->status != status)
		fail_msg("expected %ld, got %ld %s%s", status, a->status, a->why,
		         a->body);
}

void expect_problem(const struct answer *a, long status)
{
	static const char *const members[] = { "type", "title", "detail", "instance" };
	const char *type;

	expect_status(a, status);
	type = answer_header(a, "Content-Type");
	assert_non_null(type);
	assert_int_equal(strncmp(type, "application/problem+json", 24), 0);
	assert_int_equal(answer_int(a, "status"), status);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *text = answer_str(a, members[i]);

		if (text == NULL || *text == '\0')
			fail_msg("problem without %s: %s", members[i], a->body);
	}
}

static void keep(char *out, size_t size, const struct answer *a, const char *name)
{
	const char *text = answer_str(a, name);

	if (text == NULL || strlen(text) >= size)
		fail_msg("no %s in %s", name, a->body);
	else
		(void)snprintf(out, size, "%s", text);
}

void ride_must_quote(struct deployment *d, const char *station, const char *user,
                     struct ride *ret)
{
	const struct answer *a = ride_quote(d->api, station, user);

	memset(ret, 0, sizeof(*ret));
	expect_status(a, 200);
	keep(ret->quote_id, sizeof(ret->quote_id), a, "quote_id");
	ret->price_per_hour = answer_int(a, "price_per_hour");
	ret->free_period_min = answer_int(a, "free_period_min");
	ret->deposit = answer_int(a, "deposit");
	ride_key(ret->key);
}

void ride_begin(struct deployment *d, const char *station, const char *user,
                struct ride *ret)
{
	const struct answer *a;

	ride_must_quote(d, station, user, ret);
	a = ride_start(d->api, ret->key, ret->quote_id);
	expect_status(a, 200);
	assert_string_equal(answer_str(a, "status"), "ACTIVE");
	keep(ret->order_id, sizeof(ret->order_id), a, "order_id");
	keep(ret->powerbank_id, sizeof(ret->powerbank_id), a, "powerbank_id");
}

void ride_end(struct deployment *d, const struct ride *ride, const char *station)
{
	const struct answer *a = ride_stop(d->api, ride->order_id, station);

	expect_status(a, 200);
	assert_string_equal(answer_str(a, "status"), "FINISHED");
}

void ride_age(struct deployment *d, const char *order_id, int64_t seconds)
{
	db_exec(d->db, "UPDATE rentals SET started_at = %s WHERE id = %Q",
	        db_before(d->db, "started_at", seconds), order_id);
}

void stub_disable(struct deployment *d, const char *endpoint, bool disabled)
{
	expect_status(client_post(d->stubs, "/admin/disable-endpoint",
	                          "{\"endpoint\": \"%s\", \"disabled\": %s}", endpoint,
	                          disabled ? "true" : "false"),
	              200);
}

void stub_settings(struct deployment *d, const char *json)
{
	expect_status(client_post(d->stubs, "/admin/settings", "%s", json), 200);
}

void stub_decline(struct deployment *d, const char *user, bool declined)
{
	expect_status(client_post(d->stubs, "/admin/decline",
	                          "{\"user_id\": \"%s\", \"declined\": %s}", user,
	                          declined ? "true" : "false"),
	              200);
}
