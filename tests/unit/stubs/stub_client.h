/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stubs/stub_client.h - the stubs in a fake host, called without a socket: the
 * route is looked up in the plugin's own table, as the host does.
 */
#ifndef STUB_CLIENT_H
#define STUB_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers that it needs */
#include <cmocka.h>

#include "fake_host.h"

#include <jansson.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct stub {
	const struct rent_plugin *plugin;
	struct fake_host *fake;
	void *self;
};

struct answer {
	int status;
	char *text;   /* the body */
	json_t *json; /* NULL: it is none */
};

/* create() and start(); options as for fake_host_new(), "data" must be among them. */
void stub_open(struct stub *s, const char *file, const struct fake_option *options);
void stub_close(struct stub *s);

/* target: "/path?a=b" (nothing is decoded). key, body: NULL for none. */
struct answer stub_call(const struct stub *s, const char *method, const char *target,
                        const char *key, const char *body);
void answer_done(struct answer *a);

/* Calls, asserts the status, and compares the body where one is given. */
void stub_expect(const struct stub *s, const char *request, const char *key,
                 const char *body, int status, const char *want);
/* GET, and the integer at a dotted path of the answer; -1 when there is none. */
int64_t stub_get_int(const struct stub *s, const char *target, const char *path);

/* A fresh folder of this process; removed with what is in it. */
const char *stub_folder(void);
void stub_folder_done(void);

#endif
