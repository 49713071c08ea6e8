/* SPDX-License-Identifier: MIT
 *
 * tests/unit/auth/auth_test.h - a plugin of kind auth in a fake host, and requests for it.
 */
#ifndef AUTH_TEST_H
#define AUTH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers that it needs */
#include <cmocka.h>

#include "fake_host.h"

#include <rent/auth.h>
#include <strings.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NOW      (INT64_C(1800000000) * RENT_SECOND)

static const struct rent_plugin *plugin;
static struct fake_host *fake;
static struct rent_arena *arena;
static void *self;

static struct rent_header headers[4]; /* of the next request */
static struct rent_http_query ask_query[2];
static uint32_t ask_query_count;
static const char *ask_body = "";
static struct rent_peer peer;
static struct rent_principal who; /* of the last answer */
static struct rent_error err;

static const struct rent_host *host(void)
{
	return fake_host_table(fake);
}

static int auth_create(const struct fake_option *options)
{
	plugin = fake_host_load(AUTH_SO);
	fake = fake_host_new(plugin, options);
	fake_host_set_wall(fake, NOW);
	arena = host()->arena_new(host());
	assert_non_null(arena);
	err = (struct rent_error){ .code = 0 };
	memset(headers, 0, sizeof(headers));
	peer = (struct rent_peer){ .struct_size = sizeof(peer),
		                   .uid = -1,
		                   .gid = -1,
		                   .pid = -1,
		                   .address = "127.0.0.1",
		                   .client = "127.0.0.1" };
	return plugin->create(host(), &self, &err);
}

static void auth_open(const struct fake_option *options)
{
	assert_int_equal(auth_create(options), 0);
	if (plugin->start != NULL)
		assert_int_equal(plugin->start(self, &err), 0);
}

static void auth_free_host(void)
{
	host()->arena_free(host(), arena);
	fake_host_free(fake);
}

static void auth_close(void)
{
	plugin->destroy(self);
	auth_free_host();
}

static const char *auth_header(const struct rent_http_request *req, const char *name)
{
	(void)req;
	for (size_t i = 0; i < COUNT(headers) && headers[i].name != NULL; i++)
		if (strcasecmp(headers[i].name, name) == 0)
			return headers[i].value;
	return NULL;
}

static int ask_for(const char *method, const char *path)
{
	const struct rent_auth *api = plugin->api;
	struct rent_http_request req = { .struct_size = sizeof(req),
		                         .method = method,
		                         .path = path,
		                         .query = ask_query,
		                         .query_count = ask_query_count,
		                         .body = ask_body,
		                         .body_size = strlen(ask_body),
		                         .request_id = "r",
		                         .trace_id = "t",
		                         .arena = arena,
		                         .header = auth_header,
		                         .peer = &peer };

	who = (struct rent_principal){ .struct_size = sizeof(who) };
	err = (struct rent_error){ .code = 0 };
	return api->authenticate(self, &req, &peer, &who, &err);
}

static int ask(void)
{
	return ask_for("GET", "/api/v1/rentals");
}

#endif
