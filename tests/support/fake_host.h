/* SPDX-License-Identifier: MIT
 *
 * tests/support/fake_host.h - a table of host services for tests of plugins: options from
 * the test (checked against the plugin's own table, with its defaults), bindings from the
 * test, a clock that the test moves or the real one, exchanges answered by the test. Every
 * other service is real in the small (arenas, ids, sleep) or does nothing (metrics).
 *
 *     static const struct fake_option options[] = { { "path", "/tmp/x.db" }, { NULL, NULL } };
 *     struct fake_host *fake = fake_host_new(plugin, options);
 *     void *self;
 *     assert_int_equal(plugin->create(fake_host_table(fake), &self, &err), 0);
 */
#ifndef TEST_FAKE_HOST_H
#define TEST_FAKE_HOST_H

#include <rent/plugin.h>

struct fake_host;

struct fake_option {
	const char *name, *value; /* in the notation of the configuration file */
};

/* plugin may be NULL (then any option asked for aborts). Aborts with a message on an option
 * that is not in the plugin's table. */
struct fake_host *fake_host_new(const struct rent_plugin *plugin,
                                const struct fake_option *options);
void fake_host_free(struct fake_host *fake);
const struct rent_host *fake_host_table(struct fake_host *fake);

/* Loads FILE.so and returns its descriptor; aborts with dlerror() otherwise. */
const struct rent_plugin *fake_host_load(const char *file);

/* lookup(need) gives api and self. */
void fake_host_bind(struct fake_host *fake, const char *need, const void *api,
                    void *self);

/* Both clocks stand at what the test says (wall; mono advances with it) once this was called;
 * before that they are real. */
void fake_host_set_wall(struct fake_host *fake, int64_t wall_us);
void fake_host_advance(struct fake_host *fake, int64_t us);

/* Answers every exchange; called on the calling thread, one after the other. Without it, or
 * when it returns, a transport that was not set is RENT_NOT_SENT. */
void fake_host_on_exchange(struct fake_host *fake,
                           void (*fn)(void *arg, struct rent_exchange *x), void *arg);

/* Upstreams opened so far, by name; the handle is what the plugin got. NULL: none. */
struct rent_upstream *fake_host_upstream(struct fake_host *fake, const char *name);
const char *fake_host_upstream_url(struct fake_host *fake, const char *name);

/* Lines logged at warn or worse since the last call. */
int fake_host_complaints(struct fake_host *fake);

/* Runs the timers registered by the plugin once, in order. */
void fake_host_run_timers(struct fake_host *fake);

#endif
