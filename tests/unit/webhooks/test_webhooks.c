/* SPDX-License-Identifier: MIT
 *
 * tests/unit/webhooks/test_webhooks.c - a message becomes recorded events, once, before it is
 * answered; nothing of one that could not be checked is kept; what could not be acted on is
 * handed on again. The storage is a real one; provider and rules are the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_host.h"

#include <pthread.h>
#include <rent/auth.h>
#include <rent/http.h>
#include <rent/payment.h>
#include <rent/rental.h>
#include <rent/station.h>
#include <rent/storage.h>
#include <stdlib.h>

static const struct rent_plugin *plugin, *memory;
static struct fake_host *fake, *storage_fake;
static struct rent_storage storage;
static void *self, *storage_self;
static struct rent_arena *arena;
static struct rent_error err;

/* ---- the provider: a body of lines "KIND ID REF", "bad", "no", "later" */

static char seen_peer[64];

static int parse_lines(void *station, const struct rent_event_message *m,
                       rent_event_fn fn, void *arg, struct rent_event_answer *ret,
                       struct rent_error *e)
{
	char *text = rent_strndup(m->arena, m->body, m->body_size), *save = NULL;

	(void)station;
	(void)rent_copy(seen_peer, sizeof(seen_peer), m->peer);
	if (strcmp(text, "bad") == 0)
		return rent_fail(e, RENT_EPERM, "bad");
	if (strcmp(text, "no") == 0)
		return rent_fail(e, RENT_EINVAL, "no");
	if (strcmp(text, "later") == 0)
		return rent_fail(e, RENT_EUNAVAIL, "later");
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char *words = NULL;
		const char *kind = strtok_r(line, " ", &words);
		const char *id = strtok_r(NULL, " ", &words);
		const char *ref = strtok_r(NULL, " ", &words);
		int code;
		struct rent_event event = { .struct_size = sizeof(event),
			                    .event_id = id,
			                    .ref = ref,
			                    .powerbank_id = "B 1",
			                    .station_id = "DTA1",
			                    .operation_id = m->rest,
			                    .note = "\xff note\n" };

		if (id != NULL && strcmp(id, "-") == 0)
			event.event_id = "";
		event.kind = (enum rent_event_kind)strtol(kind, NULL, 10);
		event.proven = m->header(m->header_arg, "X-Signature") != NULL;
		code = fn(arg, &event);
		if (code != 0)
			return code;
	}
	ret->status = 202;
	ret->content_type = "text/plain";
	ret->body = "OK";
	ret->body_size = 2;
	return 0;
}

static const struct rent_station station = { .struct_size = sizeof(station),
	                                     .parse_event = parse_lines };
static const struct rent_payment silent = { .struct_size = sizeof(silent) };

/* ---- the rules */

static pthread_mutex_t acted_lock = PTHREAD_MUTEX_INITIALIZER;
static char acted[1024];
static int acting;

/* Events that must be under way at once, each waiting for the others; 0: none waits. */
static int together, under_way;
static bool alone;

static void await_the_others(void)
{
	int seen = 0;

	(void)pthread_mutex_lock(&acted_lock);
	under_way++;
	(void)pthread_mutex_unlock(&acted_lock);
	for (int i = 0; i < 1000 && seen < together; i++) {
		(void)pthread_mutex_lock(&acted_lock);
		seen = under_way;
		(void)pthread_mutex_unlock(&acted_lock);
		fake_host_table(fake)->sleep_us(fake_host_table(fake), 5000);
	}
	(void)pthread_mutex_lock(&acted_lock);
	alone |= seen < together;
	(void)pthread_mutex_unlock(&acted_lock);
}

static int act(void *core, const struct rent_inbound *event, char ret[RENT_NOTE_SIZE],
               struct rent_error *e)
{
	int code;

	(void)core;
	await_the_others();
	(void)pthread_mutex_lock(&acted_lock);
	code = acting;
	if (code == 0) {
		size_t at = strlen(acted);

		(void)snprintf(acted + at, sizeof(acted) - at, "%s ", event->ref);
		(void)rent_copy(ret, RENT_NOTE_SIZE, "orphan");
	}
	(void)pthread_mutex_unlock(&acted_lock);
	return code == 0 ? 0 : rent_fail(e, code, "not now");
}

static const struct rent_rental_api rules = { .struct_size = sizeof(rules),
	                                      .event = act };

/* ---- a broken storage in front of the real one */

static int put_code;

static int put(void *s, const struct rent_inbound *event, enum rent_inbound_result *ret,
               struct rent_error *e)
{
	if (put_code != 0)
		return rent_fail(e, put_code, "the storage is gone");
	return ((const struct rent_storage *)memory->api)->event_put(s, event, ret, e);
}

/* ---- requests */

static const char *signature;

static const char *header(const struct rent_http_request *req, const char *name)
{
	(void)req;
	return strcmp(name, "X-Signature") == 0 ? signature : NULL;
}

static struct rent_http_reply post(const char *instance, const char *rest,
                                   const char *body)
{
	const struct rent_http_route *routes =
		((const struct rent_http_routes *)plugin->api)->routes;
	/* Behind a proxy of ours. */
	static const struct rent_peer peer = { .struct_size = sizeof(peer),
		                               .address = "127.0.0.1",
		                               .client = "198.51.100.7" };
	struct rent_http_request req = { .struct_size = sizeof(req),
		                         .peer = &peer,
		                         .method = "POST",
		                         .path = "/hooks",
		                         .params = { instance, rest },
		                         .body = body,
		                         .body_size = strlen(body),
		                         .request_id = "r",
		                         .trace_id = "t",
		                         .arena = arena,
		                         .header = header };
	struct rent_http_reply reply = { .struct_size = sizeof(reply) };

	assert_int_equal(routes[rest == NULL ? 0 : 1].handle(self, &req, &reply, &err),
	                 0);
	return reply;
}

static const char *wanted;

static int count(void *arg, const struct rent_inbound *event)
{
	struct rent_inbound *last = arg;
	int64_t n = last->slot + 1;

	if (wanted == NULL || strcmp(event->event_id, wanted) == 0)
		*last = *event;
	last->slot = n;
	return 0;
}

/* The last event, or the wanted one; slot says how many there are. */
static struct rent_inbound events(bool open)
{
	struct rent_inbound_query q = {
		.struct_size = sizeof(q), .open = open, .after_id = "", .limit = 1000
	};
	struct rent_inbound last = { .slot = 0 };

	assert_int_equal(storage.event_list(storage_self, &q, count, &last, &err), 0);
	return last;
}

static void is_recorded_and_answered(void **state)
{
	struct rent_http_reply reply = post("station", "op-1", "3 evt_1 T1\n");
	struct rent_inbound e = events(false);

	(void)state;
	assert_int_equal(reply.status, 202);
	assert_string_equal(reply.content_type, "text/plain");
	assert_int_equal(reply.body_size, 2);
	assert_int_equal(e.slot, 1);
	assert_int_equal(e.kind, RENT_EVENT_RETURNED);
	assert_int_equal(e.trust, RENT_EVENT_HINT);
	assert_string_equal(e.event_id, "evt_1");
	assert_string_equal(e.operation_id, "op-1");
	assert_string_equal(e.ref, "T1");
	assert_string_equal(e.station_id, "DTA1");
	assert_string_equal(e.powerbank_id, "");
	assert_string_equal(e.note, "? note?");
	assert_string_equal(seen_peer, "198.51.100.7");
	assert_string_equal(
		e.sha256,
		"ef767000f2d06a2832feb02f8104230a61314988d088608e98a11b216f7fa544");
}

static void comes_twice_and_is_there_once(void **state)
{
	(void)state;
	(void)post("station", NULL, "3 evt_1 T1");
	assert_int_equal(post("station", NULL, "3 evt_1 T1").status, 202);
	assert_int_equal(post("station", NULL, "3 evt_1 other\n").status, 202);
	assert_int_equal(events(false).slot, 1);
	/* Without an id of the service only the same message is the same event. */
	(void)post("station", NULL, "3 - T1\n3 - T1\n");
	assert_int_equal(events(false).slot, 3);
	(void)post("station", NULL, "3 - T1\n3 - T1\n");
	assert_int_equal(events(false).slot, 3);
	(void)post("station", "rest", "3 - T1\n3 - T1\n");
	assert_int_equal(events(false).slot, 5);
}

static void what_cannot_be_checked_leaves_nothing(void **state)
{
	static const struct {
		const char *body;
		int status;
	} rows[] = { { "bad", 401 }, { "no", 400 }, { "later", 503 } };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(post("station", NULL, rows[i].body).status,
		                 rows[i].status);
	assert_int_equal(post("payment", NULL, "3 evt_1 T1").status, 404);
	assert_int_equal(post("nobody", NULL, "3 evt_1 T1").status, 404);
	assert_int_equal(events(false).slot, 0);
	signature = "s";
	(void)post("station", NULL, "3 evt_1 T1");
	signature = NULL;
	assert_int_equal(events(false).trust, RENT_EVENT_PROVEN);
	/* No kind of ours. */
	(void)post("station", NULL, "99 evt_2 T1");
	wanted = "evt_2";
	assert_int_equal(events(false).kind, RENT_EVENT_OTHER);
	wanted = NULL;
}

static void nothing_is_acknowledged_that_is_not_durable(void **state)
{
	static const int codes[] = { RENT_EUNAVAIL, RENT_EINDOUBT, RENT_EFULL,
		                     RENT_EFAIL };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		put_code = codes[i];
		assert_int_equal(post("station", NULL, "3 evt_1 T1").status, 503);
	}
	put_code = 0;
	assert_int_equal(events(false).slot, 0);
	assert_int_equal(post("station", NULL, "3 evt_1 T1").status, 202);
	assert_int_equal(events(false).slot, 1);
}

static void too_many_events_are_refused(void **state)
{
	char body[4096] = "";

	(void)state;
	for (int i = 0; i < RENT_EVENTS_MAX + 1; i++)
		memcpy(body + strlen(body), "3 - T1\n", sizeof("3 - T1\n"));
	assert_int_equal(post("station", NULL, body).status, 503);
	assert_int_equal(events(false).slot, 0);
}

static void wait_for_open(int64_t n)
{
	for (int i = 0; i < 500 && events(true).slot != n; i++)
		fake_host_table(fake)->sleep_us(fake_host_table(fake), 10000);
	assert_int_equal(events(true).slot, n);
}

static void is_acted_on_until_it_works(void **state)
{
	(void)state;
	acting = RENT_EUNAVAIL;
	(void)post("station", NULL, "3 evt_1 T1\n3 evt_2 T2\n");
	fake_host_run_timers(fake);
	assert_int_equal(events(true).slot, 2);
	(void)pthread_mutex_lock(&acted_lock);
	acting = 0;
	(void)pthread_mutex_unlock(&acted_lock);
	fake_host_run_timers(fake);
	wait_for_open(0);
	assert_string_equal(events(false).outcome, "orphan");
	(void)post("station", NULL, "3 evt_3 T3\n");
	wait_for_open(0); /* at once, without the timer */
	plugin->stop(self);
	/* Each once; events of one millisecond have no order. */
	assert_int_equal(strlen(acted), 9);
	assert_true(strstr(acted, "T1 ") != NULL && strstr(acted, "T2 ") != NULL);
	assert_string_equal(acted + 6, "T3 ");
}

/* A cabinet that takes its time holds up nobody else's event. */
static void many_are_acted_on_at_once(void **state)
{
	char body[1024] = "";

	(void)state;
	acting = RENT_EUNAVAIL;
	for (int i = 0; i < 8; i++)
		(void)snprintf(body + strlen(body), sizeof(body) - strlen(body),
		               "3 evt_%d T%d\n", i, i);
	(void)post("station", NULL, body);
	plugin->stop(self);
	under_way = 0;
	together = 8;
	acting = 0;
	fake_host_run_timers(fake);
	wait_for_open(0);
	together = 0;
	assert_false(alone);
}

/* What waits for something of ours is no trouble. */
static void what_waits_is_not_complained_of(void **state)
{
	(void)state;
	acting = 1;
	(void)post("station", NULL, "3 evt_1 T1\n");
	fake_host_run_timers(fake);
	plugin->stop(self);
	assert_int_equal(events(true).slot, 1);
	assert_int_equal(fake_host_complaints(fake), 0);
}

static int setup(void **state)
{
	static const struct fake_option none[] = { { NULL, NULL } };

	(void)state;
	storage_fake = fake_host_new(memory, none);
	assert_int_equal(
		memory->create(fake_host_table(storage_fake), &storage_self, &err), 0);
	assert_int_equal(memory->start == NULL ? 0 : memory->start(storage_self, &err),
	                 0);
	storage = *(const struct rent_storage *)memory->api;
	storage.event_put = put;
	fake = fake_host_new(plugin, none);
	fake_host_bind(fake, "storage", &storage, storage_self);
	fake_host_bind(fake, "rental", &rules, NULL);
	fake_host_bind(fake, "station", &station, NULL);
	fake_host_bind(fake, "payment", &silent, NULL);
	assert_int_equal(plugin->create(fake_host_table(fake), &self, &err), 0);
	assert_int_equal(plugin->start(self, &err), 0);
	arena = fake_host_table(fake)->arena_new(fake_host_table(fake));
	acted[0] = '\0';
	acting = 0;
	put_code = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plugin->stop(self);
	fake_host_table(fake)->arena_free(fake_host_table(fake), arena);
	plugin->destroy(self);
	fake_host_free(fake);
	if (memory->stop != NULL)
		memory->stop(storage_self);
	memory->destroy(storage_self);
	fake_host_free(storage_fake);
	return 0;
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(is_recorded_and_answered),
		CASE(comes_twice_and_is_there_once),
		CASE(what_cannot_be_checked_leaves_nothing),
		CASE(nothing_is_acknowledged_that_is_not_durable),
		CASE(too_many_events_are_refused),
		CASE(is_acted_on_until_it_works),
		CASE(many_are_acted_on_at_once),
		CASE(what_waits_is_not_complained_of),
	};

	if (argc != 3)
		return 64;
	plugin = fake_host_load(argv[1]);
	memory = fake_host_load(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
