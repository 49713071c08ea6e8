/* SPDX-License-Identifier: MIT
 *
 * tests/support/fake_internal.h - what the files of the fake host know of each other.
 */
#ifndef TEST_FAKE_INTERNAL_H
#define TEST_FAKE_INTERNAL_H

#include "fake_host.h"

/* The options of one plugin with the values of one test. */
struct fake_options;

struct fake_options *fake_options_new(const struct rent_plugin *plugin,
                                      const struct fake_option *given);
void fake_options_free(struct fake_options *options);
bool fake_options_has(const struct fake_options *options, const char *name);

int64_t fake_options_int(const struct fake_options *options, const char *name);
bool fake_options_bool(const struct fake_options *options, const char *name);
const char *fake_options_str(const struct fake_options *options, const char *name);
int fake_options_enum(const struct fake_options *options, const char *name);
const char *fake_options_list(const struct fake_options *options, const char *name,
                              size_t i);

void fake_problem(const struct rent_http_request *req, struct rent_http_reply *reply,
                  int status, const char *slug, const char *detail,
                  const struct rent_field_error *errors);

extern const struct rent_task_api fake_task;

/* Prints the text and aborts: a test that is wrong is not to go on. */
void fake_die(const char *fmt, ...) RENT_PRINTF(1, 2) __attribute__((noreturn));

#endif
