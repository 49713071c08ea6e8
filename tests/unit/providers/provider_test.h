/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/provider_test.h - a provider plugin in a fake host, one arena a test.
 */
#ifndef PROVIDER_TEST_H
#define PROVIDER_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers that it needs */
#include <cmocka.h>

#include "fake_host.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ID64     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A64      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct rent_plugin *plugin;
static struct fake_host *fake;
static struct rent_arena *arena;
static void *self;

static const struct rent_host *host(void)
{
	return fake_host_table(fake);
}

static void provider_open(const struct fake_option *options)
{
	struct rent_error err = { 0 };

	fake = fake_host_new(plugin, options);
	assert_int_equal(plugin->create(host(), &self, &err), 0);
	arena = host()->arena_new(host());
	assert_non_null(arena);
}

static void provider_close(void)
{
	host()->arena_free(host(), arena);
	plugin->destroy(self);
	fake_host_free(fake);
}

static int provider_setup(void **state)
{
	static const struct fake_option options[] = { { "url", "http://127.0.0.1:1" },
		                                      { NULL, NULL } };

	(void)state;
	provider_open(options);
	return 0;
}

static int provider_teardown(void **state)
{
	(void)state;
	provider_close();
	return 0;
}

static struct rent_upstream_reply reply_of(int status, const char *body)
{
	return (struct rent_upstream_reply){
		.struct_size = sizeof(struct rent_upstream_reply),
		.status = status,
		.body = body,
		.body_size = strlen(body),
		.content_type = "application/json",
	};
}

#endif
